using FleetPrometheus.Targets;
using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace FleetPrometheus.Workloads;

/// <summary>Translates the settings that users know into Kubernetes' arguments.</summary>
internal static class PodSettings
{
    public static ResourceRequirementsArgs ToArgs(this Resources resources) => new()
    {
        Requests = Quantities(resources.CpuRequest, resources.MemoryRequest),
        Limits = Quantities(resources.CpuLimit, resources.MemoryLimit),
    };

    public static InputList<TolerationArgs> ToArgs(this IEnumerable<Toleration> tolerations) =>
        tolerations.Select(ToArgs).ToArray();

    private static TolerationArgs ToArgs(Toleration toleration)
    {
        var args = new TolerationArgs { Operator = toleration.Operator };
        if (toleration.Key is { } key)
        {
            args.Key = key;
        }

        if (toleration.Value is { } value)
        {
            args.Value = value;
        }

        if (toleration.Effect is { } effect)
        {
            args.Effect = effect;
        }

        return args;
    }

    private static InputMap<string> Quantities(string? cpu, string? memory)
    {
        var quantities = new InputMap<string>();
        if (cpu is not null)
        {
            quantities.Add("cpu", cpu);
        }

        if (memory is not null)
        {
            quantities.Add("memory", memory);
        }

        return quantities;
    }
}
