using System.Collections.Immutable;
using System.Text;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The reference of all configuration keys, generated from the description that also reads them.</summary>
public static class ConfigurationReference
{
    /// <summary>The keys of every stack.</summary>
    public static ImmutableArray<ReferenceRow> Common() =>
    [
        new(CommonKeys.Role, CommonKeys.RoleForm.Type, null, "required", CommonKeys.RoleMeaning),
        .. Rows(CommonKeys.Stack<TargetSettings>(), new TargetSettings { ClusterName = "" }),
    ];

    /// <summary>The further keys of a target stack.</summary>
    public static ImmutableArray<ReferenceRow> Target() => [.. Rows(TargetKeys.Form.Fields, new TargetSettings { ClusterName = "" }).Except(Common())];

    /// <summary>The further keys of the central stack.</summary>
    public static ImmutableArray<ReferenceRow> Central() => [.. Rows(CentralKeys.Form.Fields, new CentralSettings { ClusterName = "" }).Except(Common())];

    /// <summary>The reference as Markdown.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        text.Append("""
            # Configuration

            Every key of a stack's configuration (`Pulumi.STACK.yaml`, under `config:`, each with the prefix `fleet-prometheus:`).
            A key that is not listed is an error. Set single values with `pulumi config set KEY VALUE`, nested ones with `--path`
            (`pulumi config set --path prometheus.retention 30d`), secrets with `--secret`.

            `[]` stands for every item of a list. What is written for a list or for labels replaces the default as a whole;
            what is written in any other mapping changes only the keys written.

            Durations are written as in Prometheus (`30s`, `1h30m`, `15d`), quantities as in Kubernetes (`250m`, `2Gi`),
            byte sizes as in Prometheus (`64MB`, powers of 1024).

            This page is generated from the program; `UPDATE_GOLDEN=1 ./dev test` writes it anew.

            """);
        Section(text, "Every stack", Common());
        Section(text, "Target stacks", Target());
        Section(text, "The central stack", Central());
        return text.ToString();
    }

    private static IEnumerable<ReferenceRow> Rows<T>(IEnumerable<Field<T>> fields, T defaults) => fields.SelectMany(field => field.Describe(field.Name, defaults));

    private static void Section(StringBuilder text, string title, IEnumerable<ReferenceRow> rows)
    {
        text.Append($"\n## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n");
        foreach (var row in rows)
        {
            text.Append($"| `{row.Key}` | {row.Type} | {(row.Default is null ? row.DefaultMeaning : $"`{row.Default}`")} | {row.Meaning} |\n");
        }
    }
}
