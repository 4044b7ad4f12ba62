using System.Collections.Immutable;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Workloads;

/// <summary>The levels of Kubernetes' Pod Security Standards that we use.</summary>
public enum PodSecurityLevel
{
    /// <summary>The strictest: everything but node-exporter.</summary>
    Restricted,

    /// <summary>No bounds: node-exporter, which needs the host's network, processes and files.</summary>
    Privileged,
}

/// <summary>How our namespaces and pods meet the Pod Security Standards.</summary>
public static class PodSecurity
{
    /// <summary>The user and group <c>nobody</c> that all our containers run as; the images' own.</summary>
    public const int Nobody = 65534;

    /// <summary>The mode 0440 for mounted Secrets: their files belong to root and to the pod's group.</summary>
    internal const int GroupReadable = 0x120;

    /// <summary>The labels that have a namespace enforce, audit and warn about a level.</summary>
    public static ImmutableDictionary<string, string> NamespaceLabels(PodSecurityLevel level)
    {
        var labels = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var mode in new[] { "enforce", "audit", "warn" })
        {
            labels[$"pod-security.kubernetes.io/{mode}"] = level == PodSecurityLevel.Restricted ? "restricted" : "privileged";
            labels[$"pod-security.kubernetes.io/{mode}-version"] = "latest";
        }

        return labels.ToImmutable();
    }

    /// <summary>A pod that runs as nobody under the runtime's seccomp profile.</summary>
    /// <param name="ownsVolumes">Whether its volumes are to belong to its group, which persistent volumes need.</param>
    internal static PodSecurityContextArgs Pod(bool ownsVolumes = false)
    {
        var context = new PodSecurityContextArgs
        {
            RunAsNonRoot = true,
            RunAsUser = Nobody,
            RunAsGroup = Nobody,
            SeccompProfile = new SeccompProfileArgs { Type = "RuntimeDefault" },
        };
        if (ownsVolumes)
        {
            context.FsGroup = Nobody;
            context.FsGroupChangePolicy = "OnRootMismatch"; // a full walk over a large database delays every start
        }

        return context;
    }

    /// <summary>A container without privileges and with nothing to write to but its volumes.</summary>
    internal static SecurityContextArgs Container() => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        Capabilities = new CapabilitiesArgs { Drop = { "ALL" } },
    };
}
