using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>Who sends a request.</summary>
internal sealed record User(string Name, ImmutableArray<string> Groups)
{
    public static readonly User Anonymous = new("system:anonymous", ["system:unauthenticated"]);

    public static readonly User Admin = new("kubernetes-admin", ["system:masters", "system:authenticated"]);

    public static User OfServiceAccount(string ns, string name) =>
        new($"system:serviceaccount:{ns}:{name}", ["system:serviceaccounts", $"system:serviceaccounts:{ns}", "system:authenticated"]);
}

/// <summary>Kubernetes' role-based access control, evaluated from the objects in the store.</summary>
internal sealed class Rbac(ObjectStore store)
{
    /// <summary>Lets the request pass or not.</summary>
    /// <exception cref="StatusException">403, in the real server's words.</exception>
    public void Authorize(User user, RequestInfo request)
    {
        if (!IsAllowed(user, request)) throw new StatusException(403, "Forbidden", Refusal(user, request));
    }

    /// <summary>Whether any rule that is bound to the user covers the request.</summary>
    public bool IsAllowed(User user, RequestInfo request)
    {
        if (user.Groups.Contains("system:masters")) return true;
        if (Bound(KubeKind.ClusterRoleBinding, null, user, request)) return true;
        return request.IsResource && request.Namespace.Length > 0 && Bound(KubeKind.RoleBinding, request.Namespace, user, request);
    }

    private bool Bound(KubeKind bindings, string? ns, User user, RequestInfo request) =>
        store.List(bindings, ns).Items.Any(binding =>
            binding.Objects("subjects").Any(subject => Means(subject, ns, user))
            && Role(binding, ns).Objects("rules").Any(rule => Covers(rule, request)));

    private JsonObject? Role(JsonObject binding, string? ns)
    {
        var name = binding.Text("roleRef", "name") ?? "";
        return binding.Text("roleRef", "kind") == "Role" ? store.Get(KubeKind.Role, ns, name) : store.Get(KubeKind.ClusterRole, null, name);
    }

    private static bool Means(JsonObject subject, string? bindingNamespace, User user) => subject.Text("kind") switch
    {
        "User" => subject.Text("name") == user.Name,
        "Group" => user.Groups.Contains(subject.Text("name") ?? ""),
        "ServiceAccount" => $"system:serviceaccount:{subject.Text("namespace") ?? bindingNamespace}:{subject.Text("name")}" == user.Name,
        _ => false,
    };

    private static bool Covers(JsonObject rule, RequestInfo request)
    {
        if (!rule.Texts("verbs").Any(verb => verb == "*" || verb == request.Verb)) return false;
        if (!request.IsResource) return rule.Texts("nonResourceURLs").Any(url => CoversPath(url, request.Path));
        return rule.Texts("apiGroups").Any(group => group == "*" || group == request.Group)
            && rule.Texts("resources").Any(resource => CoversResource(resource, request))
            && (!rule.Texts("resourceNames").Any() || rule.Texts("resourceNames").Contains(request.Name));
    }

    private static bool CoversPath(string url, string path) =>
        url == "*" || url == path || (url.EndsWith('*') && path.StartsWith(url.TrimEnd('*'), StringComparison.Ordinal));

    private static bool CoversResource(string resource, RequestInfo request) =>
        resource == "*"
        || (request.Subresource.Length == 0
            ? resource == request.Resource
            : resource == $"{request.Resource}/{request.Subresource}" || resource == $"*/{request.Subresource}");

    private static string Refusal(User user, RequestInfo request)
    {
        if (!request.IsResource) return $"forbidden: User \"{user.Name}\" cannot {request.Verb} path \"{request.Path}\"";
        var subject = request.Group is { Length: > 0 } ? $"{request.Resource}.{request.Group}" : request.Resource;
        if (request.Name.Length > 0) subject += $" \"{request.Name}\"";
        var resource = request.Subresource.Length > 0 ? $"{request.Resource}/{request.Subresource}" : request.Resource;
        var where = request.Namespace.Length > 0 ? $"in the namespace \"{request.Namespace}\"" : "at the cluster scope";
        return $"{subject} is forbidden: User \"{user.Name}\" cannot {request.Verb} resource \"{resource}\" in API group \"{request.Group}\" {where}";
    }
}
