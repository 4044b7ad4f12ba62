using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>Notes the problems of values that were read already, without showing secret ones.</summary>
/// <param name="raw">What the values were read from.</param>
/// <param name="problems">Collects the problems.</param>
internal sealed class Findings(RawConfiguration raw, Problems problems)
{
    /// <summary>Whether a top-level key is written in the configuration.</summary>
    public bool IsWritten(string key) => raw.Values.ContainsKey(key);

    /// <summary>Whether something at a key or under it is wrong already, so that what follows from it need not be told.</summary>
    public bool IsBad(string key) => problems.Any(problem =>
        problem.Key == key || problem.Key.StartsWith(key + ".", StringComparison.Ordinal) || problem.Key.StartsWith(key + "[", StringComparison.Ordinal));

    /// <summary>Notes that a key is missing.</summary>
    public void Missing(string key, string fix) => problems.Add(key, null, $"is missing; {fix}");

    /// <summary>Notes that the value at a key doesn't fit.</summary>
    public void Refuse(string key, string value, string fix) => problems.Add(key, IsSecret(key) ? null : value, fix);

    /// <summary>Notes a component's own findings but those at keys that are known to be bad already.</summary>
    /// <param name="found">The component's findings.</param>
    /// <param name="unsure">Keys of which nothing is known below, because what they rest on is bad.</param>
    public void AddUntold(Problems found, params IReadOnlyCollection<string> unsure)
    {
        foreach (var problem in found.Where(problem => !IsBad(problem.Key) && !unsure.Any(key => problem.Key.StartsWith(key + ".", StringComparison.Ordinal))))
        {
            problems.Add(problem.Key, IsSecret(problem.Key) ? null : problem.Value, problem.Fix);
        }
    }

    private bool IsSecret(string key) => raw.SecretKeys.Contains(key.Split('.', '[')[0]);
}
