using FleetPrometheus.Infra.Settings;
using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Infra;

/// <summary>The program that every stack of the project runs; the key <c>role</c> decides which of the two it is.</summary>
public static class FleetProgram
{
    /// <summary>Reads and checks the stack's configuration, then declares the stack and returns its outputs.</summary>
    /// <param name="warn">Takes what the operator should know although nothing is wrong.</param>
    /// <exception cref="RunException">
    /// The configuration, or a stack that it refers to, has problems; the message names all of them. Nothing was declared then.
    /// </exception>
    public static async Task<IDictionary<string, object?>> RunAsync(Action<string> warn)
    {
        var deployment = Deployment.Instance;
        var stack = new StackIdentity(deployment.OrganizationName, deployment.ProjectName, deployment.StackName);
        var problems = new Problems();
        var settings = SettingsReader.Read(RawConfiguration.FromEnvironment(stack.Project), stack, Kubeconfig.AmbientFiles(), problems);
        if (problems.Count > 0)
        {
            throw new RunException(problems.Describe(
                $"The configuration of stack '{stack.Stack}' cannot be used; mend Pulumi.{stack.Stack}.yaml or use 'pulumi config':"));
        }

        return settings switch
        {
            TargetSettings target => TargetStack.Declare(target, warn),
            CentralSettings central => await CentralStack.DeclareAsync(central, stack, warn),
            _ => throw new InvalidOperationException("Settings without problems have one of the two roles."),
        };
    }
}
