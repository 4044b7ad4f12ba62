using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using FleetPrometheus.Lab;
using FleetPrometheus.Lab.Processes;

namespace FleetPrometheus.Tests.Processes;

public class ProcessSupervisorTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task DisposeAsync_RunningPrograms_LeavesNothing()
    {
        var supervisor = new ProcessSupervisor();
        var polite = supervisor.Start(Shell("polite", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done"));
        await UntilAsync(() => polite.LogTail() == "up");

        await supervisor.DisposeAsync();

        Assert.Equal(7, await polite.Exited);
        Assert.False(Directory.Exists(supervisor.DirectoryPath));
    }

    [Fact]
    public async Task StopAsync_DeafProgram_IsKilledWithItsChildren()
    {
        await using var supervisor = new ProcessSupervisor();
        var deaf = supervisor.Start(Shell("deaf", "trap '' TERM; sleep 1000 & echo $!; wait"));
        await UntilAsync(() => deaf.LogTail() != "");
        var child = int.Parse(deaf.LogTail());

        await deaf.StopAsync(grace: TimeSpan.FromMilliseconds(200));

        Assert.Equal(128 + 9, await deaf.Exited);
        await UntilAsync(() => !IsRunning(child));
    }

    [Fact]
    public async Task LogTail_LongOutput_IsBounded()
    {
        await using var supervisor = new ProcessSupervisor();
        var chatty = supervisor.Start(Shell("chatty", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; echo last >&2"));
        await chatty.Exited;

        var lines = chatty.LogTail().Split('\n');

        Assert.Equal(20, lines.Length);
        Assert.Equal("last", lines[^1]);
    }

    [Fact]
    public async Task Start_ArgumentsAndEnvironment_ArriveUnchanged()
    {
        await using var supervisor = new ProcessSupervisor();
        var echo = supervisor.Start(new ProcessSpec("echo", "/bin/sh", ["-c", "printf '%s|' \"$@\" \"$GREETING\"", "sh", "a b", "--c", "$HOME", ""])
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("GREETING", "hello, 'you'"),
        });
        await echo.Exited;

        Assert.Equal("a b|--c|$HOME||hello, 'you'|", echo.LogTail());
    }

    [Fact]
    public async Task Start_NoSuchFile_Explains()
    {
        await using var supervisor = new ProcessSupervisor();

        var failure = Assert.Throws<ExpectedFailure>(() => supervisor.Start(new ProcessSpec("prometheus", "/nowhere/prometheus", [])));

        Assert.Contains("/nowhere/prometheus", failure.Message);
    }

    [Fact]
    public async Task UntilReadyAsync_ProgramEnds_ShowsItsLastWords()
    {
        await using var supervisor = new ProcessSupervisor();
        using var client = new HttpClient();
        var broken = supervisor.Start(Shell("broken", "echo 'bad flag' >&2; exit 3"));

        var failure = await Assert.ThrowsAsync<ExpectedFailure>(() => broken.UntilReadyAsync(client, new Uri($"http://127.0.0.1:{FreePort.Find()}/"), Soon));

        Assert.Contains("broken ended with exit code 3", failure.Message);
        Assert.Contains("bad flag", failure.Message);
    }

    [Fact]
    public async Task UntilReadyAsync_FailingThenReady_WaitsForSuccess()
    {
        await using var supervisor = new ProcessSupervisor();
        using var client = new HttpClient();
        using var server = new HttpListener();
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}/");
        server.Prefixes.Add(address.AbsoluteUri);
        server.Start();
        var answers = Task.Run(async () =>
        {
            foreach (var status in new[] { 503, 503, 200 })
            {
                var context = await server.GetContextAsync();
                context.Response.StatusCode = status;
                context.Response.Close();
            }
        });
        var sleeping = supervisor.Start(Shell("sleeping", "exec sleep 1000"));

        await sleeping.UntilReadyAsync(client, address, Soon);

        await answers.WaitAsync(Soon);
    }

    [Fact]
    public async Task UntilReadyAsync_NeverReady_GivesUpInTime()
    {
        await using var supervisor = new ProcessSupervisor();
        using var client = new HttpClient();
        var sleeping = supervisor.Start(Shell("sleeping", "exec sleep 1000"));

        var failure = await Assert.ThrowsAsync<ExpectedFailure>(() =>
            sleeping.UntilReadyAsync(client, new Uri($"http://127.0.0.1:{FreePort.Find()}/"), TimeSpan.FromMilliseconds(500)));

        Assert.Contains("was not ready", failure.Message);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task Lab_EndedBySignal_LeavesNothing(string signal)
    {
        // A background job of a shell ignores the interrupt, one below nohup the hangup, and so would everything that it starts, this lab too.
        using var lab = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT,HUP", "dotnet", typeof(Program).Assembly.Location, "supervise", "/bin/sh", "-c", "sleep 1000 & echo $! > child; wait"])
        {
            RedirectStandardOutput = true,
        })!;
        var started = (await lab.StandardOutput.ReadLineAsync().WaitAsync(Soon))!.Split(' ', 2);
        var (shell, directory) = (int.Parse(started[0]), started[1]);
        await UntilAsync(() => File.Exists(Path.Combine(directory, "child")) && new FileInfo(Path.Combine(directory, "child")).Length > 0);
        var child = int.Parse(File.ReadAllText(Path.Combine(directory, "child")));
        Assert.True(IsRunning(shell) && IsRunning(child));

        Process.Start("/bin/sh", ["-c", $"kill -s {signal} {lab.Id}"]).WaitForExit();
        await lab.WaitForExitAsync().WaitAsync(Soon);

        Assert.Equal(signal == "KILL" ? 128 + 9 : 130, lab.ExitCode);
        await UntilAsync(() => !IsRunning(shell) && !IsRunning(child) && !Directory.Exists(directory));
    }

    private static ProcessSpec Shell(string name, string script) => new(name, "/bin/sh", ["-c", script]);

    /// <summary>Whether a process exists and is not merely a zombie that nobody has waited for.</summary>
    private static bool IsRunning(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].StartsWith(" Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow + Soon;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "it did not happen in time");
            await Task.Delay(50);
        }
    }
}
