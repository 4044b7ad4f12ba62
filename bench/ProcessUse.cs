using System.Globalization;

namespace FleetPrometheus.Bench;

/// <summary>What a process uses, as the kernel counts it.</summary>
/// <param name="process">The process's number.</param>
internal sealed class ProcessUse(int process)
{
    // Linux shows times to user space in hundredths, whatever it counts in.
    private const double TicksPerSecond = 100;

    /// <summary>Processor time so far, in seconds, of all its threads.</summary>
    public double CpuSeconds
    {
        get
        {
            // The name before it may hold anything but ends with the last parenthesis.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (Parse(fields[11]) + Parse(fields[12])) / TicksPerSecond;
        }
    }

    /// <summary>Memory that no file stands behind, in bytes: what it has allocated and not given back.</summary>
    public long AnonymousBytes => Kilobytes("RssAnon") * 1024;

    /// <summary>The most memory that it ever had, in bytes.</summary>
    public long PeakBytes => Kilobytes("VmHWM") * 1024;

    /// <summary>What it has read so far, in bytes, from files and from the network.</summary>
    public long ReadBytes => long.Parse(File.ReadLines($"/proc/{process}/io").First()["rchar: ".Length..], CultureInfo.InvariantCulture);

    private long Kilobytes(string field) => (long)Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith($"{field}:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);
}
