using FleetPrometheus.Infra;
using Pulumi;

return await Deployment.RunAsync(() => FleetProgram.RunAsync(message => Log.Warn(message)));
