using System.Collections.Immutable;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra;

/// <summary>How a stack's own cluster is reached, checked against the kubeconfig. Pulumi's preview would pass silently without one.</summary>
public sealed record ClusterAccess
{
    /// <summary>The kubeconfig's contents, or null when it stays in files.</summary>
    public SecretText? Contents { get; private init; }

    /// <summary>The full path of the kubeconfig's file, or null when its contents were given or the ambient files are meant.</summary>
    public string? Path { get; private init; }

    /// <summary>The context.</summary>
    public required string Context { get; init; }

    /// <summary>The address of the API server, as the kubeconfig writes it.</summary>
    public required string Server { get; init; }

    /// <summary>Finds the cluster, or notes why it cannot be found and returns null.</summary>
    /// <param name="kubeconfig">Contents or a path; null: the ambient files.</param>
    /// <param name="context">The context; null: the current one.</param>
    /// <param name="ambientFiles">See <see cref="Kubeconfig.AmbientFiles"/>.</param>
    /// <param name="problems">Collects what is wrong. A kubeconfig's text is never quoted.</param>
    public static ClusterAccess? Find(SecretText? kubeconfig, string? context, IReadOnlyList<string> ambientFiles, Problems problems)
    {
        if (kubeconfig is null && context is null)
        {
            problems.Add(
                "context",
                null,
                "is missing, and so is kubeconfig; name the kubeconfig's context of this stack's cluster (pulumi config set context NAME)");
            return null;
        }

        var before = problems.Count;
        var text = kubeconfig?.Reveal();
        // A path has neither line breaks nor "key: value" in it, and a kubeconfig in JSON begins with a brace.
        var isContents = text is not null
            && (text.Contains('\n', StringComparison.Ordinal) || text.Contains(": ", StringComparison.Ordinal) || text.TrimStart().StartsWith('{'));
        var path = text is null || isContents ? null : WithHome(text.Trim());
        if (path is not null && !System.IO.Path.IsPathFullyQualified(path))
        {
            // This program and the provider run in directories of their own.
            problems.Add("kubeconfig", null, "is neither a kubeconfig's contents nor a path from the root or from ~/; give one of them");
            return null;
        }

        var known = isContents ? Read(text!, "kubeconfig", "", problems)
            : path is not null ? ReadFile("kubeconfig", path, "the file it names ", problems)
            : ReadAmbient(ambientFiles, problems);
        if (problems.Count > before)
        {
            return null;
        }

        var chosen = context ?? known.CurrentContext;
        if (chosen is null)
        {
            problems.Add("context", null, $"is missing, and the kubeconfig has no current context; {Known(known)}");
            return null;
        }
        if (context is null && path is not null && known.Contexts.Count > 1)
        {
            problems.Add("context", null, $"is missing; a file's current context changes behind this stack's back, so name one: {Known(known)}");
            return null;
        }
        if (!known.Contexts.TryGetValue(chosen, out var cluster))
        {
            problems.Add("context", chosen, $"is not in the kubeconfig; {Known(known)}");
            return null;
        }
        if (!known.Servers.TryGetValue(cluster, out var server))
        {
            problems.Add("context", chosen, "leads to a cluster without a server in the kubeconfig; mend the kubeconfig");
            return null;
        }
        return new ClusterAccess { Contents = isContents ? kubeconfig : null, Path = path, Context = chosen, Server = server };
    }

    private static Kubeconfig ReadAmbient(IReadOnlyList<string> files, Problems problems)
    {
        var existing = files.Where(File.Exists).ToImmutableArray();
        if (existing.IsEmpty)
        {
            problems.Add("context", null, $"there is no kubeconfig to find it in ({string.Join(", ", files)}); set KUBECONFIG or the key kubeconfig");
        }

        return existing.Select(file => ReadFile("context", file, $"the kubeconfig {file} ", problems)).Aggregate(Kubeconfig.Empty, (known, next) => known.Merge(next));
    }

    private static Kubeconfig ReadFile(string key, string path, string subject, Problems problems)
    {
        try
        {
            return Read(File.ReadAllText(path), key, subject, problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problems.Add(key, null, $"{subject}cannot be read; give the path of a readable file, or the contents");
            return Kubeconfig.Empty;
        }
    }

    private static Kubeconfig Read(string text, string key, string subject, Problems problems)
    {
        var kubeconfig = Kubeconfig.Parse(text, out var fault);
        if (fault is not null)
        {
            problems.Add(key, null, $"{subject}{fault}");
        }

        return kubeconfig;
    }

    private static string WithHome(string path) => path.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
        : path;

    private static string Known(Kubeconfig kubeconfig) => kubeconfig.Contexts.IsEmpty
        ? "it has no contexts"
        : $"its contexts are {string.Join(", ", kubeconfig.Contexts.Keys)}";
}
