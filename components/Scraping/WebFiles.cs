using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>The files that protect the centre's web endpoints, the same for Prometheus and Alertmanager.</summary>
public static class WebFiles
{
    /// <summary>The server's side, <see cref="ConfigurationPaths.Web"/>: the one user and the bcrypt hash of the password.</summary>
    /// <param name="user">The user.</param>
    /// <param name="passwordHash">The hash.</param>
    /// <param name="tls">The files of certificate and key, absolute or relative to this one; they are read again for every connection. Null: plain HTTP.</param>
    public static string Server(string user, string passwordHash, (string Certificate, string Key)? tls = null) => new YamlMap
    {
        {
            "tls_server_config", tls is { } files
                ? new YamlMap { { "cert_file", files.Certificate }, { "key_file", files.Key }, { "min_version", "TLS12" } }
                : null
        },
        { "basic_auth_users", new YamlMap { { user, passwordHash } } },
    }.ToString();

    /// <summary>
    /// The client's side, <see cref="ConfigurationPaths.WebClient"/>, for <c>--http.config.file</c> of promtool and amtool. The password is
    /// in it, because versions of both tools differ in the directory to which they resolve a relative path of a password file.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="password">The password.</param>
    /// <param name="tls">
    /// Whether the server speaks TLS. Its certificate is not verified: nobody is in between within a pod, and a certificate that has ended must
    /// not have kubelet end the program too.
    /// </param>
    public static string Client(string user, string password, bool tls = false) => new YamlMap
    {
        { "basic_auth", new YamlMap { { "username", user }, { "password", password } } },
        { "tls_config", tls ? new TlsConfig { InsecureSkipVerify = true }.ToYaml() : null },
    }.ToString();
}
