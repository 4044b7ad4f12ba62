namespace FleetPrometheus.Tests;

/// <summary>
/// The tests that run a Pulumi program in this process. One after another, since configuration comes
/// from the process's environment and a failed run sets the process's exit code.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class PulumiCollection
{
    public const string Name = "Pulumi";
}
