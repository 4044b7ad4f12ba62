using System.Net;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>An API server's refusal: what its Status object said.</summary>
/// <param name="code">The HTTP status.</param>
/// <param name="reason">The machine-readable reason, such as <c>Forbidden</c>; empty when the answer was no Status object.</param>
/// <param name="message">The server's own words.</param>
public sealed class KubeException(HttpStatusCode code, string reason, string message) : Exception(message)
{
    public HttpStatusCode Code => code;

    public string Reason => reason;
}
