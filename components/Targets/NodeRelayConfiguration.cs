using System.Globalization;

namespace FleetPrometheus.Targets;

/// <summary>The relay's configuration: which addresses it answers, and what it asks its node for them. Everything else is refused.</summary>
/// <remarks>
/// An address counts only as it stands here, byte for byte and without a query, so that no way of writing it leads elsewhere; and what is
/// asked of the node is fixed, not derived from the request. Of a request's headers only those about the answer's form are passed on, so
/// that no upgrade and no credential of a caller's choice reaches a kubelet. There is no administration endpoint and no second port.
/// </remarks>
public static class NodeRelayConfiguration
{
    /// <summary>Where the kubelet's own metrics are found at the relay.</summary>
    public const string KubeletPath = "/kubelet/metrics";

    /// <summary>Where the metrics of the kubelet's containers are found at the relay.</summary>
    public const string CadvisorPath = "/kubelet/metrics/cadvisor";

    /// <summary>Where node-exporter's metrics are found at the relay.</summary>
    public const string NodeExporterPath = "/node-exporter/metrics";

    /// <summary>The environment variable with the pod's own address, the only one that the relay listens at.</summary>
    public const string PodAddress = "POD_IP";

    /// <summary>The environment variable with the node's address, the only one that the relay asks.</summary>
    public const string NodeAddress = "NODE_IP";

    /// <summary>The kubelet's port.</summary>
    internal const int KubeletPort = 10250;

    /// <summary>The configuration, a Caddyfile.</summary>
    /// <param name="port">The port that the relay listens at.</param>
    /// <param name="nodeExporterPort">The port of the node's node-exporter; null: it is not passed on.</param>
    /// <param name="tokenFile">The relay's own token, read anew for every request because Kubernetes replaces it.</param>
    /// <param name="kubeletCaFile">The CA that the kubelet's certificate is checked with; null: it is not checked.</param>
    public static string Render(int port, int? nodeExporterPort, string tokenFile, string? kubeletCaFile)
    {
        string[] kubelet =
        [
            $"header_up Authorization \"Bearer {{file.{tokenFile}}}\"",
            "transport http {",
            "\ttls",
            kubeletCaFile is null ? "\ttls_insecure_skip_verify" : $"\ttls_trust_pool file {kubeletCaFile}",
            "\tcompression off",
            "}",
        ];
        string[] nodeExporter = ["header_up Host {upstream_hostport}", "transport http {", "\tcompression off", "}"];
        var ways = Way("kubelet", KubeletPath, KubeletPort, "/metrics", kubelet)
            + Way("cadvisor", CadvisorPath, KubeletPort, "/metrics/cadvisor", kubelet)
            + (nodeExporterPort is { } number ? Way("node-exporter", NodeExporterPath, number, "/metrics", nodeExporter) : "");
        return Frame.Replace("PORT", Text(port), StringComparison.Ordinal).Replace("WAYS\n", ways, StringComparison.Ordinal);
    }

    // The address as it was sent is compared, where Caddy's matcher for paths would first make it plain.
    private static string Way(string name, string path, int port, string theirs, string[] how) => $$"""

        		@{{name}} vars {uri} {{path}}
        		handle @{{name}} {
        			rewrite {{theirs}}?
        			reverse_proxy [{${{NodeAddress}}}]:{{Text(port)}} {
        				import form
        				{{string.Join("\n\t\t\t\t", how)}}
        			}
        		}

        """;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private const string Frame = $$"""
        {
        	admin off
        	persist_config off
        	auto_https off
        	default_bind {${{PodAddress}}}
        	log {
        		level WARN
        	}
        	servers {
        		protocols h1
        		max_header_size 16KB
        		timeouts {
        			read_header 10s
        		}
        	}
        }

        (form) {
        	header_up Accept {vars.accept}
        	header_up Accept-Encoding {vars.encoding}
        	header_up -Via
        	header_up -X-Forwarded-*
        	@redirect status 3xx
        	handle_response @redirect {
        		error 502
        	}
        }

        http://:PORT {
        	route {
        		@other not method GET HEAD
        		error @other 405
        		vars {
        			accept {header.Accept}
        			encoding {header.Accept-Encoding}
        		}
        		request_header -*
        WAYS
        		error 404
        	}
        }

        """;
}
