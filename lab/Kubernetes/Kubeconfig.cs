using System.Text;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>Files that say how to reach a cluster.</summary>
internal static class Kubeconfig
{
    /// <summary>An administrator's, with one context that is named like the cluster. It holds a credential: never log it.</summary>
    public static string OfAdministrator(string cluster, Uri apiServer, string caCertificate, SecretText token) => $$"""
        apiVersion: v1
        kind: Config
        current-context: {{cluster}}
        contexts:
          - name: {{cluster}}
            context: { cluster: {{cluster}}, user: admin }
        clusters:
          - name: {{cluster}}
            cluster:
              server: {{apiServer.GetLeftPart(UriPartial.Authority)}}
              certificate-authority-data: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(caCertificate))}}
        users:
          - name: admin
            user: { token: {{token.Reveal()}} }

        """;
}
