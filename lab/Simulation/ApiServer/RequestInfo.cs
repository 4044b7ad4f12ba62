using FleetPrometheus.Lab.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>What a request asks for, in the terms in which Kubernetes authorizes it.</summary>
/// <param name="Verb">Such as <c>get</c>, <c>list</c>, <c>watch</c>; the lower-case HTTP method for paths that are no resource.</param>
/// <param name="Path">The path, decoded.</param>
internal sealed record RequestInfo(string Verb, string Path)
{
    /// <summary>The API group; null when the path is no resource.</summary>
    public string? Group { get; init; }

    public string Version { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Name { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>How many segments of the path come before what a proxy passes on.</summary>
    public int SegmentsBeforeRest { get; init; }

    public bool IsResource => Group is not null;

    /// <summary>The kind behind the path; null when this server serves none there.</summary>
    public KubeKind? Kind => IsResource
        ? KubeKind.All.FirstOrDefault(kind => kind.Plural == Resource && kind.Group == Group && kind.Version == Version)
        : null;

    public static RequestInfo Parse(HttpRequest request)
    {
        var path = request.Path.Value ?? "/";
        var segments = path.Trim('/').Split('/');
        var (group, version, skip) = segments switch
        {
            ["api", var core, _, ..] => ("", core, 2),
            ["apis", var named, var its, _, ..] => (named, its, 3),
            _ => (null, "", 0),
        };
        var method = request.Method.ToLowerInvariant();
        if (group is null) return new RequestInfo(method, path);

        var ns = "";
        var rest = segments.AsSpan(skip);
        if (rest is ["namespaces", var named2, ..])
        {
            ns = named2;
            if (rest is [_, _, not ("status" or "finalize"), ..])
            {
                rest = rest[2..];
                skip += 2;
            }
        }
        var name = rest.Length > 1 ? rest[1] : "";
        var watching = request.Query["watch"].ToString() is "true" or "1";
        if (name.Length == 0 && method is "get" or "head" or "delete")
        {
            // A collection narrowed to one object is authorized like that object.
            var selected = request.Query["fieldSelector"].ToString().Split(',').FirstOrDefault(term => term.StartsWith("metadata.name=", StringComparison.Ordinal));
            var single = selected?["metadata.name=".Length..].TrimStart('=') ?? "";
            return new RequestInfo(method == "delete" ? "deletecollection" : watching ? "watch" : "list", path)
            {
                Group = group, Version = version, Namespace = ns, Resource = rest[0], Name = single,
            };
        }
        var verb = method switch
        {
            "post" => "create",
            "put" => "update",
            "get" or "head" => watching && rest.Length < 3 ? "watch" : "get",
            _ => method,
        };
        return new RequestInfo(verb, path)
        {
            Group = group, Version = version, Namespace = ns, Resource = rest[0], Name = name,
            Subresource = rest.Length > 2 ? rest[2] : "", SegmentsBeforeRest = skip + 3,
        };
    }
}
