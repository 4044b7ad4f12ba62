using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Pulumi;

/// <summary>The stack's configuration below one namespace, the project's by default.</summary>
public sealed class Config
{
    private const string LegacySuffix = ":config";

    private readonly string _name;

    public Config(string? name = null)
    {
        _name = name ?? Deployment.Instance.ProjectName;
        if (_name.EndsWith(LegacySuffix, StringComparison.Ordinal))
            _name = _name[..^LegacySuffix.Length];
    }

    private string FullKey(string key) => $"{_name}:{key}";

    public string? Get(string key) => Deployment.InstanceOrFail.GetConfig(FullKey(key));

    public string Require(string key) => Get(key) ?? throw Missing(key);

    public bool? GetBoolean(string key)
        => Get(key) switch
        {
            null => null,
            "true" => true,
            "false" => false,
            var other => throw Invalid(key, other, nameof(Boolean)),
        };

    public bool RequireBoolean(string key) => GetBoolean(key) ?? throw Missing(key);

    public int? GetInt32(string key)
        => Get(key) is not { } text ? null
            : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value
            : throw Invalid(key, text, nameof(Int32));

    public int RequireInt32(string key) => GetInt32(key) ?? throw Missing(key);

    public double? GetDouble(string key)
        => Get(key) is not { } text ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
            : throw Invalid(key, text, nameof(Double));

    public double RequireDouble(string key) => GetDouble(key) ?? throw Missing(key);

    [return: MaybeNull]
    public T GetObject<T>(string key) => Parse<T>(key, null);

    [return: MaybeNull]
    public T GetObject<T>(string key, JsonSerializerOptions options) => Parse<T>(key, options);

    public T RequireObject<T>(string key) => Get(key) is null ? throw Missing(key) : Parse<T>(key, null)!;

    public T RequireObject<T>(string key, JsonSerializerOptions options)
        => Get(key) is null ? throw Missing(key) : Parse<T>(key, options)!;

    private T? Parse<T>(string key, JsonSerializerOptions? options)
    {
        var text = Get(key);
        try
        {
            return text is null ? default : JsonSerializer.Deserialize<T>(text, options);
        }
        catch (JsonException exception)
        {
            throw Invalid(key, text, typeof(T).FullName!, exception);
        }
    }

    public Output<string>? GetSecret(string key) => Get(key) is { } value ? Output.CreateSecret(value) : null;

    public Output<string> RequireSecret(string key) => Output.CreateSecret(Require(key));

    public Output<bool>? GetSecretBoolean(string key) => GetBoolean(key) is { } value ? Output.CreateSecret(value) : null;

    public Output<bool> RequireSecretBoolean(string key) => Output.CreateSecret(RequireBoolean(key));

    public Output<int>? GetSecretInt32(string key) => GetInt32(key) is { } value ? Output.CreateSecret(value) : null;

    public Output<int> RequireSecretInt32(string key) => Output.CreateSecret(RequireInt32(key));

    public Output<double>? GetSecretDouble(string key) => GetDouble(key) is { } value ? Output.CreateSecret(value) : null;

    public Output<double> RequireSecretDouble(string key) => Output.CreateSecret(RequireDouble(key));

    public Output<T>? GetSecretObject<T>(string key)
        => Get(key) is null ? null : Output.CreateSecret(Parse<T>(key, null)!);

    public Output<T>? GetSecretObject<T>(string key, JsonSerializerOptions options)
        => Parse<T>(key, options) is { } value ? Output.CreateSecret(value) : null;

    public Output<T> RequireSecretObject<T>(string key) => Output.CreateSecret(RequireObject<T>(key));

    public Output<T> RequireSecretObject<T>(string key, JsonSerializerOptions options)
        => Output.CreateSecret(RequireObject<T>(key, options));

    private RunException Missing(string key)
        => new($"Missing Required configuration variable '{FullKey(key)}'\n\tplease set a value using the command `pulumi config set {FullKey(key)} <value>`");

    private RunException Invalid(string key, string? value, string type, Exception? inner = null)
        => new($"Configuration '{FullKey(key)}' value '{value}' is not a valid {type}", inner);
}
