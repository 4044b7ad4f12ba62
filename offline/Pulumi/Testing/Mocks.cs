namespace Pulumi.Testing;

/// <summary>Stands in for the engine and its providers.</summary>
public interface IMocks
{
    /// <summary>A resource is registered, or read if <see cref="MockResourceArgs.Id"/> says which: answers its identifier and state.</summary>
    Task<(string? id, object state)> NewResourceAsync(MockResourceArgs args);

    /// <summary>A provider function is called.</summary>
    Task<object> CallAsync(MockCallArgs args);

    /// <summary>A component, or a stack class, has registered its outputs.</summary>
    Task RegisterResourceOutputs(MockRegisterResourceOutputsRequest args) => Task.CompletedTask;
}

/// <summary>A resource as the engine sees it. Inputs are plain: numbers are doubles, nulls dropped, secrets unwrapped, and a property with something unknown inside is missing.</summary>
public class MockResourceArgs
{
    public string? Type { get; set; }

    public string? Name { get; set; }

    public ImmutableDictionary<string, object> Inputs { get; set; } = null!;

    public string? Provider { get; set; }

    public string? Id { get; set; }
}

/// <summary>A call of a provider function.</summary>
public class MockCallArgs
{
    public string? Token { get; set; }

    public ImmutableDictionary<string, object> Args { get; set; } = null!;

    public string? Provider { get; set; }
}

/// <summary>The outputs a component has registered.</summary>
public class MockRegisterResourceOutputsRequest(string urn, ImmutableDictionary<string, Output<object?>> outputs)
{
    public readonly string Urn = urn;

    public readonly ImmutableDictionary<string, Output<object?>> Outputs = outputs;
}

/// <summary>Where a test runs. By default: stack "stack" of project "project", organization "organization", a preview.</summary>
public class TestOptions
{
    public string? ProjectName { get; set; }

    public string? StackName { get; set; }

    public string? OrganizationName { get; set; }

    public string? RootDirectory { get; set; }

    public bool? IsPreview { get; set; }
}
