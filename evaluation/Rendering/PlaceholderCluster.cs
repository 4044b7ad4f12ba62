using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Central;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Evaluation.Rendering;

/// <summary>What stands in for a cluster that is not asked: marked credentials, and a kubeconfig with the context that the stack names.</summary>
public sealed class PlaceholderCluster(string stack) : IObjectStore
{
    private const string WebTls = "webTls";

    private static readonly string CaCertificate = ReadCaCertificate();

    /// <summary>The stack's configuration with a kubeconfig of placeholders, so that it evaluates on a machine without one.</summary>
    public static StackFile Connect(StackFile stack)
    {
        var context = stack.Get("context") ?? stack.Name;
        var server = stack.Get("apiServer") ?? $"https://{stack.Name}.invalid:6443";
        // JSON is YAML, and cannot be broken by what a name contains.
        var kubeconfig = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = context,
            ["clusters"] = new JsonArray(new JsonObject { ["name"] = context, ["cluster"] = new JsonObject { ["server"] = server } }),
            ["users"] = new JsonArray(new JsonObject { ["name"] = context, ["user"] = new JsonObject { ["token"] = "PLACEHOLDER" } }),
            ["contexts"] = new JsonArray(new JsonObject
            {
                ["name"] = context,
                ["context"] = new JsonObject { ["cluster"] = context, ["user"] = context },
            }),
        };
        // A stack without either key has a problem that must be told, not hidden.
        stack = WithoutEncryptedKey(stack, "pushFront", PushReceiverOptions.OwnTlsSecret);
        stack = WithoutEncryptedKey(stack, WebTls, WebTlsOptions.OwnTlsSecret);
        return stack.Get("context") is null && stack.Get("kubeconfig") is null
            ? stack
            : stack.With("kubeconfig", kubeconfig.ToJsonString());
    }

    // A key that cannot be read is no key of its certificate. The Secret of both is left out, and named as if somebody else had made it.
    private static StackFile WithoutEncryptedKey(StackFile stack, string key, string secret)
    {
        if (stack.Get(key) is not { Length: > 0 } json || !json.Contains(StackFile.EncryptedPlaceholder, StringComparison.Ordinal) || JsonNode.Parse(json) is not JsonObject fields)
        {
            return stack;
        }

        var certificate = fields["certificate"]?.ToString();
        fields.Remove("certificate");
        fields.Remove("privateKey");
        fields["tlsSecret"] = secret;
        if (key == WebTls)
        {
            // What others verify it with is then to be told, and was perhaps the certificate's own to tell.
            fields["caCertificate"] = PemCertificates.Last(fields["caCertificate"]?.ToString()) is null ? PemCertificates.Last(certificate) ?? CaCertificate : fields["caCertificate"]!.ToString();
        }

        return stack.With(key, fields.ToJsonString());
    }

    /// <inheritdoc/>
    public Task<KubernetesManifest> ApplyAsync(KubernetesManifest manifest)
    {
        var stored = manifest.Content.DeepClone().AsObject();
        if (manifest is { Kind: "Secret" } && (string?)stored["type"] == "kubernetes.io/service-account-token")
        {
            stored["data"] = new JsonObject
            {
                ["token"] = Base64($"PLACEHOLDER-token-of-{stack}"),
                ["ca.crt"] = Base64(CaCertificate),
                ["namespace"] = Base64(manifest.Namespace ?? ""),
            };
        }

        return Task.FromResult(new KubernetesManifest(stored));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string ReadCaCertificate()
    {
        using var reader = new StreamReader(typeof(PlaceholderCluster).Assembly.GetManifestResourceStream("placeholder-ca.crt")!);
        return reader.ReadToEnd();
    }
}
