using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>A systemd unit that checks a program's configuration, then runs it with nothing but what it needs.</summary>
internal sealed partial record HostUnit
{
    /// <summary>The unit's name without <c>.service</c>; its state directory's too.</summary>
    public required string Name { get; init; }

    /// <summary>The user that it runs as, and the user's group.</summary>
    public required string User { get; init; }

    public required string Description { get; init; }

    /// <summary>Commands that must succeed before the program starts, and before it is told to reload.</summary>
    public required ImmutableArray<ImmutableArray<string>> Checks { get; init; }

    public required ImmutableArray<string> Command { get; init; }

    /// <summary>Variables of its environment, in systemd's own notation.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Units that are better started before.</summary>
    public string After { get; init; } = "";

    public required int StopSeconds { get; init; }

    /// <summary>The unit file.</summary>
    public override string ToString()
    {
        var unit = new StringBuilder();
        unit.Append(CultureInfo.InvariantCulture, $"""
            # Made by fleet-prometheus. The next installation overwrites it: add your own settings with `systemctl edit {Name}`.
            [Unit]
            Description={Description}
            Wants=network-online.target
            After={$"network-online.target {After}".TrimEnd()}

            [Service]
            Type=exec
            User={User}
            Group={User}

            """);
        AppendAll("Environment", Environment);
        AppendAll("ExecStartPre", Checks.Select(Line));
        Append("ExecStart", string.Join(" \\\n    ", Command.Select(Word)));
        AppendAll("ExecReload", Checks.Select(Line).Append("/bin/kill -HUP $MAINPID"));
        unit.Append(CultureInfo.InvariantCulture, $"""
            Restart=on-failure
            RestartSec=5
            TimeoutStopSec={StopSeconds}
            LimitNOFILE=65536
            StateDirectory={Name}
            StateDirectoryMode=0700
            UMask=0077

            # What it may do: listen, connect, read its configuration, write its state.
            # (/proc stays whole: process start times and memory limits are read there.)
            CapabilityBoundingSet=
            AmbientCapabilities=
            NoNewPrivileges=yes
            ProtectSystem=strict
            ProtectHome=yes
            PrivateTmp=yes
            PrivateDevices=yes
            PrivateMounts=yes
            DevicePolicy=closed
            PrivateUsers=yes
            ProtectProc=invisible
            ProtectClock=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            ProtectControlGroups=yes
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
            LockPersonality=yes
            MemoryDenyWriteExecute=yes
            RemoveIPC=yes
            KeyringMode=private
            SystemCallArchitectures=native
            SystemCallFilter=@system-service
            SystemCallFilter=~@privileged @resources
            SystemCallErrorNumber=EPERM

            [Install]
            WantedBy=multi-user.target

            """);
        return unit.ToString();

        void Append(string key, string value) => unit.Append(key).Append('=').Append(value).Append('\n');

        void AppendAll(string key, IEnumerable<string> values)
        {
            foreach (var value in values)
            {
                Append(key, value);
            }
        }
    }

    private static string Line(ImmutableArray<string> command) => string.Join(' ', command.Select(Word));

    /// <summary>One word of a command line, taken literally: systemd expands % and $ and splits at spaces.</summary>
    private static string Word(string text)
    {
        var literal = text.Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal);
        return Plain().IsMatch(literal)
            ? literal
            : $"\"{literal.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_./:=@%$,+&?~\[\]-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
