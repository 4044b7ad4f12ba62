using System.Diagnostics;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>The <c>process_*</c> and <c>go_*</c> families that every Go server exposes, filled from the lab's own process.</summary>
public static class ProcessMetrics
{
    // All simulated servers are one process. Counting its files costs more the more of them there are, so one look serves a whole fleet.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly Lock Gate = new();
    private static Reading _reading = new(DateTime.MinValue, 0, 0, 0, 0);

    /// <summary>Adds the families.</summary>
    /// <param name="exposition">Where to.</param>
    /// <param name="started">When the simulated process started, seconds since 1970.</param>
    public static void Write(Exposition exposition, double started)
    {
        var reading = Read();
        exposition.Family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.").Sample(reading.Processor);
        exposition.Family("process_max_fds", "gauge", "Maximum number of open file descriptors.").Sample(1_048_576);
        exposition.Family("process_open_fds", "gauge", "Number of open file descriptors.").Sample(reading.Files);
        exposition.Family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.").Sample(reading.Memory);
        exposition.Family("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.").Sample(started);
        exposition.Family("go_goroutines", "gauge", "Number of goroutines that currently exist.").Sample(ThreadPool.ThreadCount);
        exposition.Family("go_threads", "gauge", "Number of OS threads created.").Sample(reading.Threads);
        exposition.Family("go_info", "gauge", "Information about the Go environment.").Sample(1, ("version", "go1.24.5"));
        exposition.Family("go_memstats_alloc_bytes", "gauge", "Number of bytes allocated in heap and currently in use.").Sample(GC.GetTotalMemory(false));
        exposition.Family("go_memstats_alloc_bytes_total", "counter", "Total number of bytes allocated in heap until now, even if released already.").Sample(GC.GetTotalAllocatedBytes());
    }

    private static Reading Read()
    {
        lock (Gate)
        {
            if (DateTime.UtcNow - _reading.Taken > Fresh)
            {
                using var process = Process.GetCurrentProcess();
                _reading = new Reading(DateTime.UtcNow, process.TotalProcessorTime.TotalSeconds, process.HandleCount, process.WorkingSet64, process.Threads.Count);
            }

            return _reading;
        }
    }

    private sealed record Reading(DateTime Taken, double Processor, int Files, long Memory, int Threads);
}
