using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// The requests that only ask: whose token this is (TokenReview), what somebody may do (SubjectAccessReview), what the caller may do
/// (SelfSubjectAccessReview). Nothing of them is kept.
/// </summary>
/// <param name="userOf">Whose token this is; null for nobody's.</param>
/// <param name="rbac">What they may do.</param>
internal sealed class Reviews(Func<string, User?> userOf, Rbac rbac)
{
    /// <summary>What makes a review's <c>status</c>; null when the request is no review.</summary>
    public Func<JsonObject, JsonObject>? For(User caller, RequestInfo request) => (request.Verb, request.Group, request.Resource) switch
    {
        ("create", "authentication.k8s.io", "tokenreviews") => Authentication,
        ("create", "authorization.k8s.io", "subjectaccessreviews") => review => Authorization(SubjectOf(review), review),
        ("create", "authorization.k8s.io", "selfsubjectaccessreviews") => review => Authorization(caller, review),
        _ => null,
    };

    private JsonObject Authentication(JsonObject review)
    {
        if (userOf(review.Text("spec", "token") ?? "") is not { } user) return new JsonObject { ["error"] = "invalid bearer token" };
        return new JsonObject
        {
            ["authenticated"] = true,
            ["user"] = new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. user.Groups.Select(group => (JsonNode)group)]) },
        };
    }

    private JsonObject Authorization(User user, JsonObject review)
    {
        var asked = review.At("spec", "resourceAttributes") is { } resource
            ? new RequestInfo(resource.Text("verb") ?? "", "")
            {
                Group = resource.Text("group") ?? "", Namespace = resource.Text("namespace") ?? "", Resource = resource.Text("resource") ?? "",
                Subresource = resource.Text("subresource") ?? "", Name = resource.Text("name") ?? "",
            }
            : new RequestInfo(review.Text("spec", "nonResourceAttributes", "verb") ?? "", review.Text("spec", "nonResourceAttributes", "path") ?? "");
        return new JsonObject { ["allowed"] = rbac.IsAllowed(user, asked) };
    }

    private static User SubjectOf(JsonObject review) => new(review.Text("spec", "user") ?? "", [.. review.At("spec").Texts("groups")]);
}
