namespace FleetPrometheus.Tests.RealKube;

/// <summary>The test assembly started as a program of its own: runs one scenario that must have a network of its own.</summary>
public static class ScenarioProgram
{
    public static Task Main(string[] arguments) => NamespacedScenario.RunInsideAsync(arguments.Single());
}
