using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Evaluation;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Startup;

/// <summary>
/// <c>fleet-startup STARTED FLEET</c>: evaluates a central stack and prints when what came, in seconds after STARTED, a timestamp of
/// <see cref="Stopwatch"/>, which all processes of a Linux machine share. FLEET is a file that <see cref="StartupFleet"/> wrote.
/// </summary>
public static class Program
{
    public static async Task Main(string[] arguments)
    {
        var started = long.Parse(arguments[0], CultureInfo.InvariantCulture);
        var entered = Stopwatch.GetElapsedTime(started);
        var (stack, outputs) = StartupFleet.Read(arguments[1]);
        var objects = new FirstSeen(started);
        var evaluated = await new StackEvaluator(Randomness.Placeholder).EvaluateAsync(stack, objects, outputs);
        Console.WriteLine(new JsonObject
        {
            ["entry_seconds"] = entered.TotalSeconds,
            ["first_object_seconds"] = objects.First!.Value.TotalSeconds,
            ["end_seconds"] = Stopwatch.GetElapsedTime(started).TotalSeconds,
            ["processor_seconds"] = Environment.CpuUsage.TotalTime.TotalSeconds,
            ["peak_bytes"] = Process.GetCurrentProcess().PeakWorkingSet64,
            ["objects"] = evaluated.Manifests.Length,
        }.ToJsonString());
    }

    private sealed class FirstSeen(long started) : IObjectStore
    {
        private readonly PlaceholderCluster _cluster = new("central");

        public TimeSpan? First { get; private set; }

        public Task<KubernetesManifest> ApplyAsync(KubernetesManifest manifest)
        {
            First ??= Stopwatch.GetElapsedTime(started);
            return _cluster.ApplyAsync(manifest);
        }
    }
}
