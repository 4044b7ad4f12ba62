using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>The objects every new cluster has, as far as they matter here: the namespaces and what everybody may do.</summary>
internal static class Bootstrap
{
    private static readonly string[] Public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    private static readonly string[] Discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", .. Public];

    public static void Fill(ObjectStore store)
    {
        foreach (var name in new[] { "default", "kube-system", "kube-public", "kube-node-lease" })
            store.Write(KubeKind.Namespace, null, name, _ => Defaults.Apply(KubeKind.Namespace, name, new JsonObject()));

        Role(store, "cluster-admin", [Rule(["*"], ["*"], ["*"]), Urls(["*"], ["*"])], "system:masters");
        Role(store, "system:discovery", [Urls(["get"], Discovery)], "system:authenticated");
        Role(store, "system:public-info-viewer", [Urls(["get"], Public)], "system:authenticated", "system:unauthenticated");
        Role(store, "system:basic-user", [Rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"])], "system:authenticated");
    }

    private static void Role(ObjectStore store, string name, JsonArray rules, params string[] groups)
    {
        store.Write(KubeKind.ClusterRole, null, name, _ => new JsonObject { ["rules"] = rules });
        store.Write(KubeKind.ClusterRoleBinding, null, name, _ => new JsonObject
        {
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = name },
            ["subjects"] = new JsonArray([.. groups.Select(group => new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "Group", ["name"] = group })]),
        });
    }

    private static JsonObject Rule(string[] groups, string[] resources, string[] verbs) =>
        new() { ["apiGroups"] = List(groups), ["resources"] = List(resources), ["verbs"] = List(verbs) };

    private static JsonObject Urls(string[] verbs, string[] urls) => new() { ["nonResourceURLs"] = List(urls), ["verbs"] = List(verbs) };

    private static JsonArray List(string[] texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
