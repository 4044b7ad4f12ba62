using System.Collections.Immutable;
using Pulumi;
using Pulumi.Testing;
using Pulumi.Utilities;

namespace FleetPrometheus.Tests.Offline;

/// <summary>What mocks are told and what becomes of their answers.</summary>
[Collection(PulumiCollection.Name)]
public sealed class RunTests
{
    [Fact]
    public async Task Inputs_OfAllKinds_ArePlain()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Thing("thing", new ThingArgs
        {
            Title = Output.CreateSecret("hidden"),
            Size = 3,
            Part = new ThingPartArgs { Name = "wheel" },
            Tags = { "a", Output.Create("b") },
            Any = new Dictionary<string, object?> { ["number"] = 1, ["none"] = null, ["list"] = new[] { "x" } },
        }));

        var thing = mocks["thing"];
        Assert.Equal(Thing.Token, thing.Type);
        Assert.Equal("", thing.Id);
        Assert.Equal("", thing.Provider);
        Assert.Equal("hidden", thing.Inputs["title"]);
        Assert.Equal(3.0, thing.Inputs["size"]);
        Assert.Equal(["a", "b"], Assert.IsType<ImmutableArray<object>>(thing.Inputs["tags"]).Cast<string>());
        var part = Assert.IsType<ImmutableDictionary<string, object>>(thing.Inputs["part"]);
        Assert.Equal([KeyValuePair.Create("name", (object)"wheel")], part);
        var any = Assert.IsType<ImmutableDictionary<string, object>>(thing.Inputs["any"]);
        Assert.Equal(["list", "number"], any.Keys.Order());
        Assert.Equal(1.0, any["number"]);
        Assert.DoesNotContain("labels", thing.Inputs.Keys);
    }

    [Fact]
    public async Task Inputs_TouchedButEmptyList_IsEmpty()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () =>
        {
            var args = new ThingArgs { Title = "t" };
            _ = args.Tags;
            _ = new Thing("thing", args);
        });

        Assert.Empty(Assert.IsType<ImmutableArray<object>>(mocks["thing"].Inputs["tags"]));
    }

    [Fact]
    public async Task Inputs_UnknownInside_LacksTheWholeProperty()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Preview, () => new Thing("thing", new ThingArgs
        {
            Title = "known",
            Labels = { ["a"] = "1", ["b"] = OutputUtilities.CreateUnknown("") },
        }));

        Assert.Equal(["title"], mocks["thing"].Inputs.Keys);
    }

    [Fact]
    public async Task Inputs_MarkedAsJson_AreText()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Thing("thing", new ThingArgs
        {
            Title = "t",
            Settings = new ThingPartArgs { Name = "n", Count = 2 },
        }));

        Assert.Equal("""{ "count": 2, "name": "n" }""", mocks["thing"].Inputs["settings"]);
    }

    [Fact]
    public async Task Inputs_RequiredMissing_FailsNamingIt()
    {
        var failure = await TestProgram.FailAsync(new RecordingMocks(), () => new Thing("thing", new ThingArgs()));

        Assert.Contains($"[Input] {typeof(ThingArgs).FullName}.Title is required but was not given a value", failure.Message);
    }

    [Fact]
    public async Task Inputs_RequiredMissingDeepInside_FailsNamingIt()
    {
        var failure = await TestProgram.FailAsync(
            new RecordingMocks(), () => new Thing("thing", new ThingArgs { Title = "t", Part = new ThingPartArgs() }));

        Assert.Contains("error serializing property \"part\"", failure.Message);
        Assert.Contains($"[Input] {typeof(ThingPartArgs).FullName}.Name is required but was not given a value", failure.Message);
    }

    [Fact]
    public async Task Inputs_OfAnUnsupportedType_FailNamingIt()
    {
        var failure = await TestProgram.FailAsync(
            new RecordingMocks(), () => new Thing("thing", new ThingArgs { Title = "t", Any = 1L }));

        Assert.Contains("System.Int64 is not a supported argument type", failure.Message);
    }

    [Fact]
    public async Task Inputs_AResource_StayOne()
    {
        var mocks = new RecordingMocks();
        Thing other = null!;

        await TestProgram.RunAsync(mocks, TestProgram.Update, () =>
        {
            other = new Thing("other");
            _ = new Thing("thing", new ThingArgs { Title = "t", Any = other });
        });

        var seen = Assert.IsAssignableFrom<Resource>(mocks["thing"].Inputs["any"]);
        Assert.Equal(await OutputUtilities.GetValueAsync(other.Urn), await OutputUtilities.GetValueAsync(seen.Urn));
    }

    [Fact]
    public async Task Inputs_OfAnImport_ComeWithItsId()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Thing("thing", null, new() { ImportId = "existing" }));

        Assert.Equal("existing", mocks["thing"].Id);
    }

    [Fact]
    public async Task State_OfAllKinds_IsRead()
    {
        var mocks = RecordingMocks.Answering(
            "the-id",
            ("title", "t"), ("size", 7), ("tags", new[] { "a" }), ("labels", new Dictionary<string, object> { ["one"] = 1 }),
            ("part", new Dictionary<string, object> { ["name"] = "wheel" }), ("port", "http"));
        Thing thing = null!;

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => thing = new Thing("thing"));

        Assert.Equal("the-id", await OutputUtilities.GetValueAsync(thing.Id));
        Assert.Equal("t", await OutputUtilities.GetValueAsync(thing.Title));
        Assert.Equal(7, await OutputUtilities.GetValueAsync(thing.Size));
        Assert.Equal("a", Assert.Single(await OutputUtilities.GetValueAsync(thing.Tags)));
        Assert.Equal(1, (await OutputUtilities.GetValueAsync(thing.Labels))["one"]);
        var part = (await OutputUtilities.GetValueAsync(thing.Part))!;
        Assert.Equal(("wheel", null), (part.Name, part.Count));
        Assert.Equal("http", (await OutputUtilities.GetValueAsync(thing.Port)).AsT1);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task State_FieldMissing_IsUnknownInPreviewOnly(bool preview, bool known)
    {
        Thing thing = null!;

        await TestProgram.RunAsync(
            RecordingMocks.Answering("id"), new TestOptions { IsPreview = preview }, () => thing = new Thing("thing"));

        Assert.Equal(known, await OutputUtilities.GetIsKnownAsync(thing.Size));
        Assert.Equal(0, await OutputUtilities.GetValueAsync(thing.Size));
    }

    [Fact]
    public async Task State_WithoutId_LeavesIdUnknown()
    {
        Thing thing = null!;

        await TestProgram.RunAsync(RecordingMocks.Answering(null), TestProgram.Update, () => thing = new Thing("thing"));

        Assert.False(await OutputUtilities.GetIsKnownAsync(thing.Id));
    }

    [Fact]
    public async Task State_SecretInside_MakesOnlyThatPropertySecret()
    {
        var mocks = RecordingMocks.Answering(
            "id", ("title", "t"), ("part", new Dictionary<string, object> { ["name"] = Output.CreateSecret("wheel") }));
        Thing thing = null!;

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => thing = new Thing("thing"));

        Assert.True(await Output.IsSecretAsync(thing.Part));
        Assert.False(await Output.IsSecretAsync(thing.Title));
    }

    [Fact]
    public async Task State_UnknownInside_MakesThatPropertyUnknown()
    {
        var mocks = RecordingMocks.Answering(
            "id", ("title", "t"), ("labels", new Dictionary<string, object> { ["a"] = OutputUtilities.CreateUnknown(1), ["b"] = 2 }));
        Thing thing = null!;

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => thing = new Thing("thing"));

        Assert.False(await OutputUtilities.GetIsKnownAsync(thing.Labels));
        Assert.True(await OutputUtilities.GetIsKnownAsync(thing.Title));
    }

    [Fact]
    public async Task State_SecretInputEchoed_IsPlain()
    {
        Thing thing = null!;

        await TestProgram.RunAsync(
            new RecordingMocks(), TestProgram.Update, () => thing = new Thing("thing", new ThingArgs { Title = Output.CreateSecret("s") }));

        Assert.Equal("s", await OutputUtilities.GetValueAsync(thing.Title));
        Assert.False(await Output.IsSecretAsync(thing.Title));
    }

    [Fact]
    public async Task State_OfAnotherType_IsDefault()
    {
        Thing thing = null!;

        await TestProgram.RunAsync(RecordingMocks.Answering("id", ("size", "large")), TestProgram.Update, () => thing = new Thing("thing"));

        Assert.Equal(0, await OutputUtilities.GetValueAsync(thing.Size));
    }

    [Fact]
    public async Task Outputs_OfAResource_DependOnIt()
    {
        Thing thing = null!;

        await TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () => thing = new Thing("thing"));

        Assert.Equal([thing], await OutputUtilities.GetDependenciesAsync(thing.Title.Apply(title => title + "!")));
    }

    [Fact]
    public async Task Options_ByDefault_ArePreviewOfStackInProject()
    {
        DeploymentInstance seen = null!;

        await TestProgram.RunAsync(new RecordingMocks(), new TestOptions(), () => seen = Deployment.Instance);

        Assert.Equal(("project", "stack", "organization", true), (seen.ProjectName, seen.StackName, seen.OrganizationName, seen.IsDryRun));
    }

    [Fact]
    public async Task Urn_NamesStackProjectTypeAndName()
    {
        Thing thing = null!;

        await TestProgram.RunAsync(
            new RecordingMocks(), new TestOptions { StackName = "s", ProjectName = "p" }, () => thing = new Thing("thing"));

        Assert.Equal(
            $"urn:pulumi:s::p::pulumi:pulumi:Stack${Thing.Token}::thing", await OutputUtilities.GetValueAsync(thing.Urn));
    }

    [Fact]
    public async Task Component_IsRegisteredBeforeItsChildren()
    {
        var mocks = new RecordingMocks();

        var resources = await TestProgram.RunAsync(
            mocks, TestProgram.Update, () => new Group("group", group => new Thing("child", null, new() { Parent = group })));

        Assert.Equal([Group.Token, Thing.Token], mocks.Resources.Select(resource => resource.Type));
        Assert.Equal(["group", "child"], resources.Select(resource => resource.GetResourceName()));
    }

    [Fact]
    public async Task Component_RegistersItsOutputs()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Group("group", _ => { }));

        var registered = Assert.Single(mocks.Outputs, request => request.Urn.EndsWith($"{Group.Token}::group", StringComparison.Ordinal));
        Assert.Equal("done", await OutputUtilities.GetValueAsync(registered.Outputs["summary"]));
    }

    [Fact]
    public async Task Component_Args_AreItsInputs()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(
            mocks, TestProgram.Update, () => new ComponentResource(Group.Token, "group", new ThingPartArgs { Name = "n", Count = 2 }));

        Assert.Equal(("n", 2.0), (mocks["group"].Inputs["name"], mocks["group"].Inputs["count"]));
    }

    [Fact]
    public async Task Component_RegistersSecretOutputsAsSecret()
    {
        var mocks = new RecordingMocks();

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Keeper("keeper"));

        var outputs = Assert.Single(mocks.Outputs, request => request.Urn.EndsWith("::keeper", StringComparison.Ordinal)).Outputs;
        Assert.True(await Output.IsSecretAsync(outputs["token"]));
        Assert.False(await Output.IsSecretAsync(outputs["name"]));
    }

    [Fact]
    public async Task DependsOn_WaitsForTheOther()
    {
        var order = new List<string>();
        var mocks = new RecordingMocks
        {
            Answer = async args =>
            {
                if (args.Name == "slow")
                    await Task.Delay(50);
                lock (order)
                    order.Add(args.Name!);
                return (args.Name, args.Inputs);
            },
        };

        await TestProgram.RunAsync(mocks, TestProgram.Update, () =>
        {
            var slow = new Thing("slow");
            _ = new Thing("after", null, new() { DependsOn = slow });
            _ = new Thing("free");
        });

        Assert.Equal(["free", "slow", "after"], order);
    }

    [Fact]
    public async Task DependsOn_AComponent_WaitsForItsChildren()
    {
        var order = new List<string>();
        var mocks = new RecordingMocks
        {
            Answer = async args =>
            {
                if (args.Name == "child")
                    await Task.Delay(50);
                lock (order)
                    order.Add(args.Name!);
                return (args.Name, args.Inputs);
            },
        };

        await TestProgram.RunAsync(mocks, TestProgram.Update, () =>
        {
            var group = new Group("group", group => new Thing("child", null, new() { Parent = group }));
            _ = new Thing("after", null, new() { DependsOn = group });
        });

        Assert.Equal(["group", "child", "after"], order);
    }

    [Fact]
    public async Task Transformation_OfAParent_ChangesItsChildren()
    {
        var mocks = new RecordingMocks();
        var options = new ComponentResourceOptions
        {
            ResourceTransformations =
            {
                args => args.Resource is Thing
                    ? new ResourceTransformationResult(new ThingArgs { Title = "changed" }, args.Options)
                    : null,
            },
        };

        await TestProgram.RunAsync(
            mocks, TestProgram.Update, () => new Group("group", group => new Thing("child", null, new() { Parent = group }), options));

        Assert.Equal("changed", mocks["child"].Inputs["title"]);
    }

    [Fact]
    public async Task Run_ReturnsTheProgramsOutputs()
    {
        var (resources, outputs) = await Deployment.TestAsync(new RecordingMocks(), TestProgram.Update, async () =>
        {
            await Task.CompletedTask;
            return new Dictionary<string, object?> { ["title"] = new Thing("thing").Title, ["plain"] = 1 };
        });

        Assert.Equal("thing", Assert.Single(resources).GetResourceName());
        Assert.Equal("untitled", await OutputUtilities.GetValueAsync(Assert.IsType<Output<string>>(outputs["title"])));
        Assert.Equal(1, outputs["plain"]);
    }

    [Fact]
    public async Task Run_WaitsForAllThatIsOutstanding()
    {
        var applied = false;
        var mocks = new RecordingMocks
        {
            Answer = async args =>
            {
                await Task.Delay(50);
                return ("id", args.Inputs);
            },
        };

        await TestProgram.RunAsync(mocks, TestProgram.Update, () => new Thing("thing").Title.Apply(_ => applied = true));

        Assert.True(applied);
    }

    [Fact]
    public async Task Run_FailureInApply_IsTheRuns()
        => Assert.Contains("from apply", (await TestProgram.FailAsync(
            new RecordingMocks(),
            () => new Thing("thing").Title.Apply<string>(string (_) => throw new RunException("from apply")))).Message);

    [Fact]
    public async Task Run_FailureOfProgram_HasItsMessageOnly()
        => Assert.Equal("plainly wrong", (await TestProgram.FailAsync(
            new RecordingMocks(), () => throw new RunException("plainly wrong"))).Message);

    [Fact]
    public async Task Run_FailureOfMocks_IsTheRuns()
        => Assert.Contains("no such thing", (await TestProgram.FailAsync(
            new RecordingMocks { Answer = _ => throw new InvalidOperationException("no such thing") }, () => new Thing("thing"))).Message);

    [Fact]
    public async Task Run_LoggedError_Fails()
        => Assert.Equal("logged", (await TestProgram.FailAsync(new RecordingMocks(), () => Log.Error("logged"))).Message);

    [Fact]
    public async Task Run_TwoErrors_AreBothThere()
    {
        var failure = await Assert.ThrowsAsync<AggregateException>(() => TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () =>
        {
            Log.Error("one");
            Log.Error("two");
        }));

        Assert.Equal(["one", "two"], failure.InnerExceptions.Select(inner => Assert.IsType<RunException>(inner).Message));
    }

    [Fact]
    public async Task Run_Failed_SetsTheProcessesExitCode()
    {
        var before = Environment.ExitCode;
        Environment.ExitCode = 0;
        try
        {
            await Assert.ThrowsAsync<RunException>(
                () => TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () => throw new RunException("wrong")));

            Assert.NotEqual(0, Environment.ExitCode);
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public async Task Run_Warning_Succeeds()
        => await TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () => Log.Warn("careful"));

    [Fact]
    public async Task Run_Ended_LeavesNoInstance()
    {
        await TestProgram.RunAsync(new RecordingMocks(), TestProgram.Update, () => { });

        Assert.Throws<InvalidOperationException>(() => Deployment.Instance);
    }

    [Fact]
    public async Task Run_StackClass_IsAmongItsResources()
    {
        var resources = await Deployment.TestAsync<SmallStack>(new RecordingMocks());

        Assert.Equal(["project-stack", "thing"], resources.Select(resource => resource.GetResourceName()));
        Assert.Equal("thing", await OutputUtilities.GetValueAsync(Assert.IsType<SmallStack>(resources[0]).Name));
    }

    [Fact]
    public async Task Run_StackClassWithUnsetOutput_FailsNamingIt()
    {
        var exitCode = Environment.ExitCode;
        try
        {
            var failure = await Assert.ThrowsAsync<RunException>(() => Deployment.TestAsync<ForgetfulStack>(new RecordingMocks()));
            Assert.Contains("'Forgotten'", failure.Message);
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
    }

    [Fact]
    public async Task Run_WithoutEngine_FailsClearly()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Deployment.RunAsync(() => { }));

        Assert.Contains("Program run without the Pulumi engine available", failure.Message);
    }

    [Fact]
    public void Merge_Options_JoinsListsAndLetsSecondWin()
    {
        var merged = CustomResourceOptions.Merge(
            new() { Protect = true, Version = "1", IgnoreChanges = { "a" }, AdditionalSecretOutputs = { "x" } },
            new() { Version = "2", IgnoreChanges = { "b" }, DeleteBeforeReplace = true });

        Assert.Equal((true, "2", true), (merged.Protect, merged.Version, merged.DeleteBeforeReplace));
        Assert.Equal(["a", "b"], merged.IgnoreChanges);
        Assert.Equal(["x"], merged.AdditionalSecretOutputs);
    }

    private sealed class Keeper : ComponentResource
    {
        public Keeper(string name) : base("test:index:Keeper", name)
            => RegisterOutputs(new Dictionary<string, object?> { ["token"] = Output.CreateSecret("s"), ["name"] = name });
    }

    public sealed class SmallStack : Stack
    {
        public SmallStack() => Name = new Thing("thing", new ThingArgs { Title = "thing" }).Title;

        [Output] public Output<string> Name { get; set; }
    }

    public sealed class ForgetfulStack : Stack
    {
        [Output] public Output<string> Forgotten { get; set; } = null!;
    }
}
