using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>
/// Issues and checks service-account tokens: JSON Web Tokens signed with a key of this server. Like the real ones they hold only as long as
/// the account exists and, for those that stand in a Secret, as long as that Secret holds them.
/// </summary>
internal sealed class ServiceAccountTokens(ObjectStore store)
{
    private const string Namespace = "kubernetes.io/serviceaccount/namespace";
    private const string Account = "kubernetes.io/serviceaccount/service-account.name";
    private const string AccountUid = "kubernetes.io/serviceaccount/service-account.uid";
    private const string SecretName = "kubernetes.io/serviceaccount/secret.name";

    private static readonly string Header = Encode("""{"alg":"HS256","typ":"JWT"}"""u8);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>A token for an account, bound to a Secret or valid for a time.</summary>
    public string Issue(JsonObject account, string? secret, TimeSpan? lifetime)
    {
        var (ns, name) = (account.Namespace(), account.Name());
        var claims = new JsonObject
        {
            ["iss"] = "kubernetes/serviceaccount",
            ["sub"] = $"system:serviceaccount:{ns}:{name}",
            ["jti"] = Guid.NewGuid().ToString(),
            [Namespace] = ns,
            [Account] = name,
            [AccountUid] = account.Uid(),
        };
        if (secret is not null) claims[SecretName] = secret;
        if (lifetime is { } bound) claims["exp"] = DateTimeOffset.UtcNow.Add(bound).ToUnixTimeSeconds();
        var signed = $"{Header}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Encode(Sign(signed))}";
    }

    /// <summary>Whose token this is; null when it is not, or no longer, valid.</summary>
    public User? Check(string token)
    {
        var dot = token.LastIndexOf('.');
        if (dot < 0 || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(token[(dot + 1)..]), Encoding.ASCII.GetBytes(Encode(Sign(token[..dot]))))) return null;
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token.AsSpan(Header.Length + 1, dot - Header.Length - 1)))!;
        if (claims["exp"] is { } expiry && expiry.GetValue<long>() < DateTimeOffset.UtcNow.ToUnixTimeSeconds()) return null;
        var (ns, account) = (claims.Text(Namespace)!, claims.Text(Account)!);
        if (store.Get(KubeKind.ServiceAccount, ns, account)?.Uid() != claims.Text(AccountUid)) return null;
        if (claims.Text(SecretName) is { } secret && TokenIn(store.Get(KubeKind.Secret, ns, secret)) != token) return null;
        return User.OfServiceAccount(ns, account);
    }

    /// <summary>The token that a Secret holds.</summary>
    public static string? TokenIn(JsonObject? secret) =>
        secret.Text("data", "token") is { } encoded ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded)) : null;

    private byte[] Sign(string text) => HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(text));

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
