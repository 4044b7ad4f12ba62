using FleetPrometheus.TeamStack;
using Pulumi;

return await Deployment.RunAsync(() =>
{
    var config = new Config();
    return ShopCluster.Declare(config.RequireSecret("kubeconfig"), config.Require("apiServer"));
});
