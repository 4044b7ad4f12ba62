using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>The files that protect the centre's web endpoints, the same for Prometheus and Alertmanager.</summary>
public static class WebFiles
{
    /// <summary>The server's side, <see cref="ConfigurationPaths.Web"/>: the one user and the bcrypt hash of the password.</summary>
    public static string Server(string user, string passwordHash) =>
        new YamlMap { { "basic_auth_users", new YamlMap { { user, passwordHash } } } }.ToString();

    /// <summary>
    /// The client's side, <see cref="ConfigurationPaths.WebClient"/>, for <c>--http.config.file</c> of promtool and amtool. The password is
    /// in it, because versions of both tools differ in the directory to which they resolve a relative path of a password file.
    /// </summary>
    public static string Client(string user, string password) =>
        new YamlMap { { "basic_auth", new YamlMap { { "username", user }, { "password", password } } } }.ToString();
}
