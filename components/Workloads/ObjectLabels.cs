using System.Collections.Immutable;
using FleetPrometheus.Scraping;

namespace FleetPrometheus.Workloads;

/// <summary>Kubernetes' recommended labels, as everything we install carries them.</summary>
public static class ObjectLabels
{
    /// <summary>The label that names the program.</summary>
    public const string Name = "app.kubernetes.io/name";

    /// <summary>The label that names the program's role.</summary>
    public const string Component = "app.kubernetes.io/component";

    /// <summary>The label that all our objects have in common.</summary>
    public const string PartOf = FleetLabels.PartOf;

    /// <summary>The label that says what manages the object.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>The value of <see cref="PartOf"/>.</summary>
    public const string Project = FleetLabels.PartOfFleet;

    /// <summary>The labels of an object.</summary>
    /// <param name="name">The program, such as <c>node-exporter</c>.</param>
    /// <param name="component">Its role, such as <c>exporter</c>.</param>
    public static ImmutableDictionary<string, string> Of(string name, string component) =>
        Selector(name).SetItem(Component, component).SetItem(ManagedBy, "pulumi");

    /// <summary>The labels by which a program's pods are selected; they never change, as Kubernetes doesn't allow it.</summary>
    public static ImmutableDictionary<string, string> Selector(string name) =>
        ImmutableDictionary<string, string>.Empty.SetItem(Name, name).SetItem(PartOf, Project);
}
