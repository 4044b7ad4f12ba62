using FleetPrometheus.Yaml;

namespace FleetPrometheus.Scraping;

/// <summary>The files that protect the centre's web endpoints, the same for Prometheus and Alertmanager.</summary>
public static class WebFiles
{
    /// <summary>The server's side, <see cref="ConfigurationPaths.Web"/>: the one user and the bcrypt hash of the password.</summary>
    public static string Server(string user, string passwordHash) =>
        new YamlMap { { "basic_auth_users", new YamlMap { { user, passwordHash } } } }.ToString();

    /// <summary>
    /// The client's side, <see cref="ConfigurationPaths.WebClient"/>, for <c>--http.config.file</c> of promtool and amtool:
    /// the user, and the file <see cref="ConfigurationPaths.WebPassword"/>.
    /// </summary>
    public static string Client(string user)
    {
        var map = new YamlMap();
        // Both tools resolve a relative path against the directory above the one that holds this file.
        new HttpClientConfig { BasicAuth = new(user, ConfigurationPaths.WebPassword) }.AddTo(map);
        return map.ToString();
    }
}
