using FleetPrometheus.Validation;
using Pulumi;

namespace FleetPrometheus.Workloads;

internal static class ProblemsExtensions
{
    /// <summary>Ends the program's run when there are problems.</summary>
    /// <exception cref="RunException">With all problems; Pulumi shows its message without a stack trace.</exception>
    public static void Require(this Problems problems, string headline)
    {
        if (problems.Count > 0)
        {
            throw new RunException(problems.Describe(headline + ':'));
        }
    }
}
