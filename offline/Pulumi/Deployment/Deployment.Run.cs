using System.Reflection;
using Pulumi.Testing;

namespace Pulumi;

public sealed partial class Deployment
{
    /// <summary>The exit code after a failure that was reported, so that the CLI adds nothing of its own.</summary>
    private const int Reported = 32;

    public static Task<int> RunAsync(Action action) => RefuseAsync();

    public static Task<int> RunAsync(Func<IDictionary<string, object?>> func) => RefuseAsync();

    public static Task<int> RunAsync(Func<Task> func) => RefuseAsync();

    public static Task<int> RunAsync(Func<Task<IDictionary<string, object?>>> func, StackOptions? options = null) => RefuseAsync();

    public static Task<int> RunAsync<TStack>() where TStack : Stack, new() => RefuseAsync();

    // Like the official package without the CLI around it.
    private static Task<int> RefuseAsync()
        => Task.FromException<int>(new InvalidOperationException(
            "Program run without the Pulumi engine available; re-run using the `pulumi` CLI. "
            + "This build uses the offline stand-in of the Pulumi packages, which can't talk to an engine: build with -p:PulumiSdk=nuget for that."));

    public static async Task<ImmutableArray<Resource>> TestAsync(IMocks testMocks, TestOptions testOptions, Action createResources)
        => (await TestAsync(testMocks, testOptions, () =>
        {
            createResources();
            return new Dictionary<string, object?>();
        }).ConfigureAwait(false)).Resources;

    public static async Task<ImmutableArray<Resource>> TestAsync(IMocks testMocks, TestOptions testOptions, Func<Task> createResources)
        => (await TestAsync(testMocks, testOptions, () =>
        {
            createResources().GetAwaiter().GetResult();
            return new Dictionary<string, object?>();
        }).ConfigureAwait(false)).Resources;

    public static Task<(ImmutableArray<Resource> Resources, IDictionary<string, object?> Outputs)> TestAsync(
        IMocks testMocks, TestOptions testOptions, Func<Task<IDictionary<string, object?>>> createResources)
        => TestAsync(testMocks, testOptions, () => createResources().GetAwaiter().GetResult());

    public static async Task<(ImmutableArray<Resource> Resources, IDictionary<string, object?> Outputs)> TestAsync(
        IMocks testMocks, TestOptions testOptions, Func<IDictionary<string, object?>> createResources)
    {
        var (resources, stack) = await TestAsync(testMocks, testOptions, () => new FunctionStack(createResources)).ConfigureAwait(false);
        return (resources.Remove(stack), stack.Result);
    }

    public static async Task<ImmutableArray<Resource>> TestAsync<TStack>(IMocks mocks, TestOptions? options = null) where TStack : Stack, new()
        => (await TestAsync(mocks, options, NewStack<TStack>).ConfigureAwait(false)).Resources;

    private static TStack NewStack<TStack>()
        => (TStack)Activator.CreateInstance(typeof(TStack), BindingFlags.DoNotWrapExceptions, null, null, null)!;

    // Asynchronous in itself, so that the instance it sets is gone for the caller.
    private static async Task<(ImmutableArray<Resource> Resources, TStack Stack)> TestAsync<TStack>(
        IMocks mocks, TestOptions? options, Func<TStack> createStack)
        where TStack : Stack
    {
        var deployment = new Deployment(mocks, options);
        Instance = new DeploymentInstance(deployment);
        var stack = await deployment.RunToEndAsync(createStack).ConfigureAwait(false);
        return (deployment._engine.Resources, stack!);
    }

    private async Task<TStack> RunToEndAsync<TStack>(Func<TStack> createStack)
        where TStack : Stack
    {
        TStack? stack = null;
        ImmutableArray<Exception> exceptions;
        try
        {
            stack = createStack();
            stack.RegisterPropertyOutputs();
            exceptions = await _tasks.IdleOrFailedAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            exceptions = [exception];
        }

        foreach (var exception in exceptions)
            ReportError(Describe(exception));
        if (exceptions.Length > 0)
            Environment.ExitCode = Reported;

        lock (_errors)
        {
            return _errors.Count switch
            {
                0 => stack!,
                1 => throw new RunException(_errors[0]),
                _ => throw new AggregateException(_errors.Select(error => new RunException(error))),
            };
        }
    }

    private static string Describe(Exception exception)
        => exception switch
        {
            RunException => exception.Message,
            ResourceException { HideStack: true } => exception.Message,
            ResourceException => exception.ToString(),
            _ => $"Running program '{Assembly.GetEntryAssembly()?.Location}' failed with an unhandled exception:\n{exception}",
        };

    /// <summary>The stack of a program that is a function; its result are the stack's outputs.</summary>
    private sealed class FunctionStack : Stack
    {
        public FunctionStack(Func<IDictionary<string, object?>> function) => Result = function();

        public IDictionary<string, object?> Result { get; }
    }
}
