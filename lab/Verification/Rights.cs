using System.Collections.Immutable;
using System.Net;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Verification;

/// <summary>What a credential may read, found out by asking with it.</summary>
internal static class Rights
{
    /// <summary>The paths that are answered with another status than expected.</summary>
    public static async Task<ImmutableArray<string>> WrongAsync(KubeClient client, HttpStatusCode expected, IEnumerable<string> paths, CancellationToken cancellation)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var path in paths)
        {
            if (await client.StatusAsync(HttpMethod.Get, path, cancellation) is var status && status != expected)
            {
                wrong.Add($"{client.Server.Authority}{path} answers {(int)status}, not {(int)expected}");
            }
        }

        return wrong.ToImmutable();
    }
}
