using System.Globalization;
using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// Runs containers of the lab's own application, which stands for whatever people run: it serves
/// <c>lab_app_identity{app_namespace,app_pod,app_port}</c> on every TCP port that its container declares, so that samples prove where they come from.
/// Arguments: <c>--path=/metrics</c> (elsewhere it answers 404) and <c>--tls</c>.
/// </summary>
public sealed class AppRuntime : IContainerRuntime
{
    /// <summary>The image's name.</summary>
    public const string Image = "lab-app";

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> StartAsync(ContainerContext container, CancellationToken cancellation)
    {
        var path = container.Arguments.FirstOrDefault(argument => argument.StartsWith("--path=", StringComparison.Ordinal))?["--path=".Length..] ?? "/metrics";
        using var authority = new CertificateAuthority("lab-app");
        var certificate = container.Arguments.Contains("--tls") ? authority.IssueServer("lab-app", [container.PodAddress]) : null;
        return await WebServer.StartAsync(options =>
        {
            foreach (var port in container.Container.Objects("ports").Where(port => port.Text("protocol") is null or "TCP"))
            {
                options.Listen(container.PodAddress, port.Number("containerPort")!.Value, listen =>
                {
                    if (certificate is not null) listen.UseHttps(certificate);
                });
            }
        }, context => AnswerAsync(context, container.Pod, path), cancellation);
    }

    private static Task AnswerAsync(HttpContext context, System.Text.Json.Nodes.JsonObject pod, string path)
    {
        if (context.Request.Path.Value != path)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        return new Exposition()
            .Family("lab_app_identity", "gauge", "The pod and port this process stands for, known from its own pod and never from a request.")
            .Sample(1, ("app_namespace", pod.Namespace()), ("app_pod", pod.Name()), ("app_port", context.Connection.LocalPort.ToString(CultureInfo.InvariantCulture)))
            .AnswerAsync(context);
    }
}
