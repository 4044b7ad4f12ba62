using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>How Prometheus connects and identifies itself, the same fields for scraping, discovery and notification.</summary>
/// <remarks>Source of field names: Prometheus 3.5 configuration. Files are relative to the file that names them.</remarks>
public sealed record HttpClientConfig
{
    /// <summary>The file that holds the bearer token.</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>User and password file.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>How the server's certificate is verified; null: with the system's roots.</summary>
    public TlsConfig? Tls { get; init; }

    /// <summary>Whether redirects are followed; Prometheus sends the credentials along wherever they lead. Default: Prometheus's own, yes.</summary>
    public bool? FollowRedirects { get; init; }

    internal void AddTo(YamlMap map)
    {
        map.Add("authorization", CredentialsFile is null ? null : new YamlMap { { "credentials_file", CredentialsFile } });
        map.Add("basic_auth", BasicAuth?.ToYaml());
        map.Add("tls_config", Tls?.ToYaml());
        map.Add("follow_redirects", FollowRedirects);
    }
}

/// <summary>Basic authentication.</summary>
public sealed record BasicAuth(string Username, string PasswordFile)
{
    internal YamlMap ToYaml() => new() { { "username", Username }, { "password_file", PasswordFile } };
}

/// <summary>Verification of a server's certificate.</summary>
public sealed record TlsConfig
{
    /// <summary>The file of the CA certificate.</summary>
    public string? CaFile { get; init; }

    /// <summary>The CA certificate itself, PEM, in the place of a file.</summary>
    public string? Ca { get; init; }

    /// <summary>The name that the certificate must be for. Default null: the name in the address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Verifies nothing.</summary>
    public bool InsecureSkipVerify { get; init; }

    internal YamlMap ToYaml() => new() { { "ca", Ca }, { "ca_file", CaFile }, { "server_name", ServerName }, { "insecure_skip_verify", InsecureSkipVerify ? true : null } };
}
