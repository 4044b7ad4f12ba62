namespace FleetPrometheus.Lab.Fleet;

/// <summary>Makes the lab's clusters: with real API servers where the environment provides them, else simulated.</summary>
internal static class LabClusters
{
    public static ILabCluster Make(ClusterRequest request) => throw new NotImplementedException(request.Name);
}
