namespace FleetPrometheus.Scraping;

/// <summary>Where a pod finds the credentials of its own ServiceAccount, as every Kubernetes client expects them.</summary>
public static class ServiceAccountFiles
{
    /// <summary>The directory.</summary>
    public const string Directory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The token, renewed by the kubelet.</summary>
    public const string Token = $"{Directory}/token";

    /// <summary>The CA certificate of the API server.</summary>
    public const string CaCertificate = $"{Directory}/ca.crt";
}
