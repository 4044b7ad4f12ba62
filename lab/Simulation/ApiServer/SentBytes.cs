using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// What objects weigh that were sent to clients, lists and watches alike. The real server's <c>apiserver_response_sizes</c> knows no watches,
/// and some clients list by watching.
/// </summary>
internal sealed class SentBytes
{
    private long _bytes;

    /// <summary>Counts a part of an answer, if it is one that is counted.</summary>
    public static void Add(HttpContext context, long bytes)
    {
        if (context.Features.Get<SentBytes>() is { } sent) Interlocked.Add(ref sent._bytes, bytes);
    }

    /// <summary>Counts the answer to this request from now on.</summary>
    public void Count(HttpContext context) => context.Features.Set(this);

    /// <summary>As a metric.</summary>
    public Exposition Write(Exposition exposition) => exposition
        .Family("lab_apiserver_sent_bytes_total", "counter", "Size of the objects that were listed and watched, before compression.")
        .Sample(Interlocked.Read(ref _bytes));
}
