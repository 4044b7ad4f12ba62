namespace FleetPrometheus.Tests.Host;

/// <summary>A test that needs systemd's own judge of units, which runs without a running systemd.</summary>
public sealed class SystemdFactAttribute : FactAttribute
{
    public const string Analyze = "/usr/bin/systemd-analyze";

    public SystemdFactAttribute()
    {
        if (!File.Exists(Analyze))
        {
            Skip = $"there is no {Analyze}";
        }
    }
}
