using System.Collections.Immutable;

namespace FleetPrometheus.Dashboards;

/// <summary>A page of panels, independent of any Grafana.</summary>
/// <param name="Uid">Its name in addresses and files; never changes, so that links and bookmarks last.</param>
/// <param name="Title">Its name to people.</param>
/// <param name="Description">What it is for, in a sentence.</param>
/// <param name="Variables">What can be chosen above it, each possibly narrowing those after it.</param>
/// <param name="Sections">Its panels, from top to bottom.</param>
public sealed record Dashboard(string Uid, string Title, string Description, ImmutableArray<Variable> Variables, ImmutableArray<Section> Sections)
{
    /// <summary>Every panel, in the order of reading.</summary>
    public IEnumerable<Panel> Panels => Sections.SelectMany(section => section.Panels);
}

/// <summary>Panels under a common heading.</summary>
public sealed record Section(string Title, params ImmutableArray<Panel> Panels);

/// <summary>A choice of one or more values of a label.</summary>
/// <param name="Name">What queries call it, after a dollar sign.</param>
/// <param name="Label">What people see.</param>
/// <param name="Selector">The series whose label values are offered; may use the variables before it.</param>
/// <param name="From">The label the values come from.</param>
/// <param name="IsMulti">Whether several, or all, can be chosen.</param>
public sealed record Variable(string Name, string Label, string Selector, string From, bool IsMulti)
{
    /// <summary>The clusters that the centre is to watch, whether they answer or not.</summary>
    public static Variable Clusters { get; } = new("cluster", "Cluster", """up{job="apiserver"}""", "cluster", IsMulti: true);

    /// <summary>One of <see cref="Clusters"/>.</summary>
    public static Variable Cluster { get; } = Clusters with { IsMulti = false };
}
