using System.Collections.Immutable;
using System.Text.Json;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>Reads and checks a stack's whole configuration before anything is declared.</summary>
public static class SettingsReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads the settings, noting every problem.</summary>
    /// <param name="raw">The configuration.</param>
    /// <param name="stack">The stack it belongs to.</param>
    /// <param name="ambientKubeconfigs">The kubeconfig files that are meant when the configuration names none.</param>
    /// <param name="problems">Collects what is wrong. While it stays empty the result is complete.</param>
    /// <returns>A <see cref="TargetSettings"/> or a <see cref="CentralSettings"/>; null when not even the role is known.</returns>
    public static StackSettings? Read(RawConfiguration raw, StackIdentity stack, IReadOnlyList<string> ambientKubeconfigs, Problems problems)
    {
        var target = TargetKeys.Defaults(stack.Stack, raw);
        var central = new CentralSettings { ClusterName = stack.Stack };
        var findings = new Findings(raw, problems);
        switch (ReadRole(raw, problems))
        {
            case Role.Target:
                target = ReadKeys(raw, TargetKeys.Form, target, name => RefuseOther(name, raw, CentralKeys.Form, central, "central", "target"), problems);
                target = target with { Access = FindAccess(target, ambientKubeconfigs, findings) };
                return TargetChecks.Complete(target, findings);

            case Role.Central:
                central = ReadKeys(raw, CentralKeys.Form, central, name => RefuseOther(name, raw, TargetKeys.Form, target, "target", "central"), problems);
                central = central with { Access = FindAccess(central, ambientKubeconfigs, findings) };
                CentralChecks.Review(central, stack, findings);
                return central;

            default:
                // Without the role nobody knows which keys are missing, but bad ones can still be told.
                ReadKeys(raw, TargetKeys.Form, target, name => CentralKeys.Form.Find(name) is null ? UnknownToAll(name) : null, problems);
                ReadKeys(raw, CentralKeys.Form, central, _ => null, problems, name => TargetKeys.Form.Find(name) is null);
                return null;
        }
    }

    private static ClusterAccess? FindAccess(StackSettings settings, IReadOnlyList<string> ambientKubeconfigs, Findings findings)
    {
        if (findings.IsBad("kubeconfig") || findings.IsBad("context"))
        {
            return null;
        }

        var found = new Problems();
        var access = ClusterAccess.Find(settings.Kubeconfig, settings.Context, ambientKubeconfigs, found);
        findings.AddUntold(found);
        return access;
    }

    private static Role? ReadRole(RawConfiguration raw, Problems problems)
    {
        if (!raw.Values.TryGetValue(CommonKeys.Role, out var text))
        {
            problems.Add(CommonKeys.Role, null, "is missing; write target for a cluster to watch, or central for the centre that watches");
            return null;
        }
        var before = problems.Count;
        var role = CommonKeys.RoleForm.Read(Bare(CommonKeys.Role, text, raw, problems), default);
        return problems.Count == before ? role : null;
    }

    private static T ReadKeys<T>(RawConfiguration raw, ObjectForm<T> form, T settings, Func<string, string?> refuse, Problems problems, Func<string, bool>? only = null)
    {
        foreach (var (name, text) in raw.Values)
        {
            if (name == CommonKeys.Role)
            {
                continue;
            }

            if (form.Find(name) is not { } field)
            {
                if (refuse(name) is { } fix)
                {
                    problems.Add(name, null, fix);
                }
            }
            else if (only is null || only(name))
            {
                var written = field.IsScalar ? Bare(name, text, raw, problems) : Structured(name, text, raw, problems);
                settings = written is { } value ? field.Read(value, settings) : settings;
            }
        }
        return settings;
    }

    /// <summary>
    /// What to tell about a key that a stack of this role doesn't have. One of the other role is let pass with its default, because
    /// Pulumi gives the defaults in Pulumi.yaml to every stack of the project.
    /// </summary>
    private static string? RefuseOther<T>(string name, RawConfiguration raw, ObjectForm<T> other, T defaults, string otherRole, string role) =>
        other.Find(name) is not { } field ? UnknownToAll(name)
        : field.IsScalar && field.Show(defaults) == raw.Values[name] ? null
        : $"belongs to {otherRole} stacks, and this stack's role is {role}; remove it";

    private static string UnknownToAll(string name)
    {
        string[] names = [CommonKeys.Role, .. TargetKeys.Form.Fields.Select(field => field.Name), .. CentralKeys.Form.Fields.Select(field => field.Name)];
        return Spelling.Nearest(name, names) is { } nearest ? $"is not a key; did you mean '{nearest}'?" : "is not a key; docs/configuration.md lists them all";
    }

    private static Written Bare(string name, string text, RawConfiguration raw, Problems problems) =>
        new(JsonSerializer.SerializeToElement(text), name, raw.SecretKeys.Contains(name), problems);

    private static Written? Structured(string name, string text, RawConfiguration raw, Problems problems)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            var element = document.RootElement.Clone();
            DemandReadableText(element);
            return new Written(element, name, raw.SecretKeys.Contains(name), problems);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            // A bare text is not JSON, and the field's form says best what it wants instead.
            return Bare(name, text, raw, problems);
        }
    }

    /// <summary>Reads every text once, as JSON can hold escapes that are no text (halves of surrogate pairs).</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    private static void DemandReadableText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    DemandReadableText(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    DemandReadableText(member.Value);
                }
                break;
        }
    }
}
