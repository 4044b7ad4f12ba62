using FleetPrometheus.Validation;

namespace FleetPrometheus.Scraping;

/// <summary>How a cluster's API server is reached: its address in the forms Prometheus wants, and the credentials.</summary>
internal sealed record ClusterClient
{
    /// <summary>host:port; empty where nothing is reached through the API server.</summary>
    public string Address { get; private init; } = "";

    /// <summary>The API server's own path without a trailing slash; mostly empty.</summary>
    public string PathPrefix { get; private init; } = "";

    /// <summary>The whole address, without a trailing slash, which would be a different discovery to Prometheus; null: the own cluster's.</summary>
    public string? Url { get; private init; }

    /// <summary>For jobs. Redirects are refused, because Prometheus would carry the token to wherever a scraped pod points it.</summary>
    public required HttpClientConfig Scraping { get; init; }

    /// <summary>For discovery, which asks only the API server itself, so that refusing redirects has no effect there.</summary>
    public required HttpClientConfig Discovery { get; init; }

    /// <summary>
    /// From outside. The jobs' token file is named after the token, because Prometheus does not read it again; discovery's never changes its
    /// name, because that would restart the watches.
    /// </summary>
    public static ClusterClient Outside(Cluster cluster)
    {
        TlsConfig? trust = cluster.Trust switch
        {
            Trust.ClusterCa => new() { CaFile = ConfigurationPaths.CaFile(cluster.Name) },
            Trust.Insecure => new() { InsecureSkipVerify = true },
            _ => null,
        };
        var (address, prefix) = (HostPort.Of(cluster.ApiServer), cluster.ApiServer.AbsolutePath.TrimEnd('/'));
        return new()
        {
            Address = address,
            PathPrefix = prefix,
            Url = $"https://{address}{prefix}",
            Scraping = new() { CredentialsFile = ConfigurationPaths.JobTokenFile(cluster.Name, cluster.TokenId), Tls = trust, FollowRedirects = false },
            Discovery = new() { CredentialsFile = ConfigurationPaths.DiscoveryTokenFile(cluster.Name), Tls = trust },
        };
    }

    /// <summary>From inside. Discovery takes the pod's account by itself, and reads its token again.</summary>
    /// <param name="tokenFile">The file of the token that jobs show to the API server and to kubelets.</param>
    public static ClusterClient Inside(string tokenFile) => new()
    {
        Scraping = new() { CredentialsFile = tokenFile, Tls = new() { CaFile = ServiceAccountFiles.CaCertificate }, FollowRedirects = false },
        Discovery = new(),
    };
}
