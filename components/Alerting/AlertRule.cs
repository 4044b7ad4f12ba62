namespace FleetPrometheus.Alerting;

/// <summary>An alerting rule as it stands in its file.</summary>
public sealed record AlertRule
{
    /// <summary>What it is called in the configuration: its name, or <c>name/severity</c> where several rules have that name.</summary>
    public required string Id { get; init; }

    /// <summary>The value of <c>alertname</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>critical</c>, <c>warning</c>, <c>info</c> or <c>none</c>.</summary>
    public required string Severity { get; init; }

    /// <summary>The name of its file.</summary>
    public required string File { get; init; }

    /// <summary>What must hold, as PromQL.</summary>
    public required string Expression { get; init; }

    /// <summary>How long it must hold.</summary>
    public required TimeSpan For { get; init; }

    /// <summary>What it says in a line; a template.</summary>
    public required string Summary { get; init; }

    /// <summary>What it says in full; a template.</summary>
    public required string Description { get; init; }

    /// <summary>Where to read what to do.</summary>
    public required string Runbook { get; init; }

    /// <summary>The number it compares with; null: it has none to set.</summary>
    public double? Threshold { get; init; }

    /// <summary>What the number counts, such as <c>percent available</c>; null where there is none.</summary>
    public string? ThresholdMeaning { get; init; }
}
