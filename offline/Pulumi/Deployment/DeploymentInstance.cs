namespace Pulumi;

/// <summary>The run that is going on.</summary>
public sealed class DeploymentInstance
{
    internal DeploymentInstance(Deployment deployment) => Deployment = deployment;

    internal Deployment Deployment { get; }

    public string StackName => Deployment.StackName;

    public string ProjectName => Deployment.ProjectName;

    public string OrganizationName => Deployment.OrganizationName;

    /// <exception cref="InvalidOperationException">The run was given no directory.</exception>
    public string RootDirectory => Deployment.RootDirectory
        ?? throw new InvalidOperationException("This run has no root directory.");

    /// <summary>Whether this is a preview.</summary>
    public bool IsDryRun => Deployment.IsDryRun;
}
