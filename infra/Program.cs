using FleetPrometheus.Infra;
using Pulumi;

return await Deployment.RunAsync(() => PrebuiltProgram.Describe(PrebuiltProgram.Outdated(AppContext.BaseDirectory, Directory.GetCurrentDirectory())) is { } outdated
    ? throw new RunException(outdated)
    : FleetProgram.RunAsync(message => Log.Warn(message)));
