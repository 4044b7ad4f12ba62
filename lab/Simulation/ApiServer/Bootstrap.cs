using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>The objects every new cluster has, as far as they matter here: the namespaces, what everybody may do, and the way to the API server itself.</summary>
internal static class Bootstrap
{
    private static readonly string[] Public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    private static readonly string[] Discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", .. Public];

    public static void Fill(ObjectStore store, ImmutableArray<IPEndPoint> members)
    {
        foreach (var name in new[] { "default", "kube-system", "kube-public", "kube-node-lease" })
            store.Write(KubeKind.Namespace, null, name, _ => Defaults.Apply(KubeKind.Namespace, name, new JsonObject()));

        Role(store, "cluster-admin", [Rule(["*"], ["*"], ["*"]), Urls(["*"], ["*"])], "system:masters");
        Role(store, "system:discovery", [Urls(["get"], Discovery)], "system:authenticated");
        Role(store, "system:public-info-viewer", [Urls(["get"], Public)], "system:authenticated", "system:unauthenticated");
        // No controller's: the members of a real control plane keep these themselves.
        store.Write(KubeKind.Service, "default", "kubernetes", _ => Defaults.Apply(KubeKind.Service, "kubernetes", new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" } },
            ["spec"] = new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = 443, ["protocol"] = "TCP", ["targetPort"] = members[0].Port }) },
        }));
        store.Write(KubeKind.Endpoints, "default", "kubernetes", _ => new JsonObject
        {
            ["subsets"] = new JsonArray(new JsonObject
            {
                ["addresses"] = new JsonArray([.. members.Select(member => new JsonObject { ["ip"] = member.Address.ToString() })]),
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = members[0].Port, ["protocol"] = "TCP" }),
            }),
        });

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
