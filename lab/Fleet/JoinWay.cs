using FleetPrometheus.Evaluation;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>By which way a cluster's samples come to the centre, as its stack file says.</summary>
internal static class JoinWay
{
    /// <summary>The way of the centre's own cluster.</summary>
    public const string Own = "own";

    /// <summary>
    /// <c>push</c> or <c>federate</c>; where the centre pulls, how it gets at nodes (<c>nodesProxy</c>, <c>direct</c>, <c>relay</c>), or <c>pull</c>
    /// when it does not.
    /// </summary>
    public static string Of(StackFile stack) => stack.Get("collection") is { } collection and not "pull" ? collection : NodeAccess(stack) is "off" ? "pull" : NodeAccess(stack);

    /// <summary>Whether kubelet and cadvisor of its nodes are scraped.</summary>
    public static bool ReachesNodes(StackFile stack) => NodeAccess(stack) != "off";

    /// <summary>Whether a relay on each node asks node-exporter, too, whoever installed it.</summary>
    public static bool IsRelayed(StackFile stack) => NodeAccess(stack) == "relay";

    /// <summary>Whether the cluster keeps a Prometheus of its own, so that nothing is installed in it unless its file says so.</summary>
    public static bool Federates(StackFile stack) => stack.Get("collection") == "federate";

    /// <summary>Whether the cluster sends its samples by itself.</summary>
    public static bool Pushes(StackFile stack) => stack.Get("collection") == "push";

    // An agent reaches its nodes unless it is told not to.
    private static string NodeAccess(StackFile stack) => stack.Get("nodeAccess") ?? stack.Get("collection") switch { "federate" => "off", "push" => "direct", _ => "relay" };
}
