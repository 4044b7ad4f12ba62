namespace Pulumi;

/// <summary>Everything a run has started: says when all of it has ended, or the first thing failed.</summary>
internal sealed class TaskTracker
{
    private readonly Lock _lock = new();
    private readonly List<Exception> _exceptions = [];
    private int _running;
    private TaskCompletionSource<ImmutableArray<Exception>>? _waiting;

    public void Add(Task task)
    {
        lock (_lock)
            _running++;
        task.ContinueWith(Ended, TaskScheduler.Default);
    }

    public Task<ImmutableArray<Exception>> IdleOrFailedAsync()
    {
        lock (_lock)
        {
            if (_exceptions.Count > 0 || _running == 0)
                return Task.FromResult(TakeExceptions());

            _waiting = new TaskCompletionSource<ImmutableArray<Exception>>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    private void Ended(Task task)
    {
        lock (_lock)
        {
            _running--;
            if (task.Exception is { } exception)
                _exceptions.AddRange(exception.InnerExceptions);

            if (_waiting is not null && (_exceptions.Count > 0 || _running == 0))
            {
                _waiting.SetResult(TakeExceptions());
                _waiting = null;
            }
        }
    }

    // One failure comes up in every output that depends on it.
    private ImmutableArray<Exception> TakeExceptions()
    {
        var taken = _exceptions.Distinct().ToImmutableArray();
        _exceptions.Clear();
        return taken;
    }
}
