namespace FleetPrometheus.Lab.Simulation;

/// <summary>What is wrong with a simulated API server; nothing by default. May be changed while it runs.</summary>
public sealed class Faults
{
    private long _delayTicks;
    private volatile int _status;

    /// <summary>How long every request waits before it is served.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
    }

    /// <summary>The HTTP status every request fails with; zero for none.</summary>
    public int Status
    {
        get => _status;
        set => _status = value;
    }
}
