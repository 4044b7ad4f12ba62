using System.Globalization;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// Runs containers of an exporter that misbehaves, as a broken or a hostile program would. Its only argument says how:
/// <c>--series=N</c> (that many well-formed series), <c>--huge=BYTES</c> (a body of that size), <c>--endless</c> (a body that trickles and never ends),
/// <c>--malformed</c> (no text format), <c>--labels=N</c> (that many labels on one series) or <c>--redirect=URL</c>.
/// </summary>
public sealed class HostileRuntime : IContainerRuntime
{
    /// <summary>The image's name.</summary>
    public const string Image = "lab-hostile";

    private const string Malformed = "lab_hostile{ 1 2 3\n<html>";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation)
    {
        var manner = container.Arguments[0].Split('=', 2);
        // Made once: it is the centre that is to have trouble, not this machine.
        var body = manner is [var kind, var size] && int.TryParse(size, CultureInfo.InvariantCulture, out var number)
            ? kind switch { "--series" => Lines(number), "--huge" => Lines(number / Line(0).Length), "--labels" => ManyLabels(number), _ => "" }
            : Malformed;
        return await WebServer.StartAsync(
            options =>
            {
                foreach (var port in container.Container.Objects("ports"))
                {
                    options.Listen(container.PodAddress, port.Number("containerPort")!.Value);
                }
            },
            context =>
            {
                context.Response.ContentType = Exposition.ContentType;
                switch (manner)
                {
                    case ["--redirect", var address]:
                        context.Response.Redirect(address);
                        return Task.CompletedTask;
                    case ["--endless"]:
                        return TrickleAsync(context);
                    default:
                        return context.Response.WriteAsync(body, context.RequestAborted);
                }
            },
            cancellation);
    }

    // Slowly, so that it is its duration that must be bounded and not its size.
    private static async Task TrickleAsync(HttpContext context)
    {
        for (var line = 0; !context.RequestAborted.IsCancellationRequested; line++)
        {
            await context.Response.WriteAsync(Line(line), context.RequestAborted);
            await Task.Delay(Pause, context.RequestAborted);
        }
    }

    private static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(Line));

    private static string ManyLabels(int count) =>
        $"lab_hostile{{{string.Join(',', Enumerable.Range(0, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"l{number}=\"v\"")))}}} 1\n";

    private static string Line(int number) => string.Create(CultureInfo.InvariantCulture, $"lab_hostile_series{{id=\"{number:0000000000}\"}} 1\n");
}
