using System.Collections.Immutable;

namespace FleetPrometheus.Dashboards;

/// <summary>How a panel shows its queries; only kinds that have been stable in Grafana for years.</summary>
public enum PanelKind
{
    /// <summary>Lines over time.</summary>
    TimeSeries,

    /// <summary>One number per series, large.</summary>
    Stat,

    /// <summary>One number per series, on a scale from 0 to 1.</summary>
    Gauge,

    /// <summary>A row per combination of labels, a column per query.</summary>
    Table,
}

/// <summary>One panel of a dashboard.</summary>
public sealed record Panel
{
    /// <summary>How it is shown.</summary>
    public required PanelKind Kind { get; init; }

    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>The unit of all its queries that have none of their own.</summary>
    public Unit Unit { get; init; } = Unit.Number;

    /// <summary>What is asked.</summary>
    public required ImmutableArray<Query> Queries { get; init; }

    /// <summary>What the reader should know beyond the title. Default nothing.</summary>
    public string Description { get; init; } = "";

    /// <summary>Columns of the page, which has 24.</summary>
    public required int Width { get; init; }

    /// <summary>Rows of the page.</summary>
    public required int Height { get; init; }

    /// <summary>From where on a value is worrying, and alarming. Default never.</summary>
    public Thresholds? Thresholds { get; init; }

    /// <summary>Whether lines are added up rather than compared. Default false.</summary>
    public bool IsStacked { get; init; }

    /// <summary>Whether it needs the kubelet's metrics, which clusters whose <c>nodeAccess</c> is off don't give. Default false.</summary>
    public bool NeedsKubelet { get; init; }

    /// <summary>Why there may rightly be nothing to show. Default null: without data the panel is broken.</summary>
    public string? MayBeEmpty { get; init; }

    /// <summary>Lines over time, a third of the page wide.</summary>
    public static Panel TimeSeries(string title, Unit unit, params ImmutableArray<Query> queries) =>
        new() { Kind = PanelKind.TimeSeries, Title = title, Unit = unit, Queries = queries, Width = 8, Height = 8 };

    /// <summary>A large number.</summary>
    public static Panel Stat(string title, Unit unit, Query query) =>
        new() { Kind = PanelKind.Stat, Title = title, Unit = unit, Queries = [query], Width = 4, Height = 4 };

    /// <summary>A share of a whole.</summary>
    public static Panel Gauge(string title, Query query) =>
        new() { Kind = PanelKind.Gauge, Title = title, Unit = Unit.Share, Queries = [query], Width = 4, Height = 4, Thresholds = Thresholds.OfUse };

    /// <summary>A table as wide as the page.</summary>
    public static Panel Table(string title, params ImmutableArray<Query> columns) =>
        new() { Kind = PanelKind.Table, Title = title, Queries = columns, Width = 24, Height = 8 };
}

/// <summary>From where on values are yellow, and red.</summary>
public sealed record Thresholds(double? Warning, double Critical)
{
    /// <summary>Of a resource's used share.</summary>
    public static Thresholds OfUse { get; } = new(0.8, 0.9);

    /// <summary>Of something there should be none of.</summary>
    public static Thresholds None { get; } = new(null, 1);
}

/// <summary>One question to Prometheus.</summary>
/// <param name="Expression">PromQL; may use the dashboard's variables and Grafana's <c>$__rate_interval</c>.</param>
/// <param name="Name">In a table the column's title; else the legend, where <c>{{label}}</c> stands for a label's value.</param>
public sealed record Query(string Expression, string Name = "")
{
    /// <summary>The unit of a table's column. Default null: the panel's.</summary>
    public Unit? Unit { get; init; }

    /// <summary>How a table's column is coloured. Default null: not.</summary>
    public Thresholds? Thresholds { get; init; }

    /// <summary>The label that a table shows in place of the value, which is always 1. Default null: the value.</summary>
    public string? ShownLabel { get; init; }

    /// <summary>Whether the value is 1 for yes and 0 for no. Default false.</summary>
    public bool IsTruth { get; init; }

    /// <summary>Whether it asks about the centre itself, whatever cluster is chosen. Default false.</summary>
    public bool IsOfCentre { get; init; }
}

/// <summary>A unit by Grafana's name for it.</summary>
public sealed record Unit(string Id, int? Decimals = null)
{
    /// <summary>A count.</summary>
    public static Unit Number { get; } = new("short");

    /// <summary>CPU cores.</summary>
    public static Unit Cores { get; } = new("short", 2);

    /// <summary>0 to 1, shown as 0 % to 100 %.</summary>
    public static Unit Share { get; } = new("percentunit");

    /// <summary>Bytes, in steps of 1024.</summary>
    public static Unit Bytes { get; } = new("bytes");

    /// <summary>Bytes per second, in steps of 1024.</summary>
    public static Unit BytesPerSecond { get; } = new("binBps");

    /// <summary>Operations per second.</summary>
    public static Unit PerSecond { get; } = new("ops");

    /// <summary>Requests per second.</summary>
    public static Unit RequestsPerSecond { get; } = new("reqps");

    /// <summary>Packets per second.</summary>
    public static Unit PacketsPerSecond { get; } = new("pps");

    /// <summary>Seconds.</summary>
    public static Unit Seconds { get; } = new("s");
}
