using System.Collections.Immutable;
using FleetPrometheus.Evaluation.Rendering;

namespace FleetPrometheus.Evaluation.Host;

/// <summary>
/// A central program as a host runs it: the files and the arguments that its pods would have, with the host's directories and
/// addresses.
/// </summary>
/// <param name="Name">Its name, such as <c>prometheus</c>.</param>
/// <param name="Files">Its configuration, relative to <see cref="HostPlace.ConfigurationDirectory"/>.</param>
/// <param name="Arguments">Each replica's arguments; no credentials are among them.</param>
public sealed record HostProgram(string Name, ImmutableArray<PodFile> Files, ImmutableArray<ImmutableArray<string>> Arguments)
{
    /// <summary>The arguments of the exporter beside it, which reads the same files; empty when there is none.</summary>
    public ImmutableArray<string> ExporterArguments { get; private init; } = [];

    /// <summary>Makes the centre's programs.</summary>
    /// <param name="central">The evaluated central stack.</param>
    /// <param name="places">Where each is, by its name.</param>
    /// <exception cref="EvaluationException">The configuration needs what exists within the central cluster only.</exception>
    public static ImmutableArray<HostProgram> Of(EvaluatedStack central, IReadOnlyDictionary<string, HostPlace> places)
    {
        var programs = places.Select(place => (Workload: CentralWorkload.Of(central, place.Key), Place: place.Value)).ToImmutableArray();
        return [.. programs.Select(program => Of(central, program, new HostAddresses(central, programs, program)))];
    }

    private static HostProgram Of(EvaluatedStack central, (CentralWorkload Workload, HostPlace Place) program, HostAddresses addresses) => new(
        program.Workload.Name,
        [
            .. PodFiles.Under(program.Workload.ConfigurationDirectory, program.Workload.Name, central.Manifests)
                .Select(file => file with { Content = addresses.Translate($"{program.Workload.Name}/{file.Path}", file.Content) })
                // Alertmanager and the exporter want the files of credentials by absolute paths.
                .Select(file => file with
                {
                    Content = file.Content.Replace(
                        $"_file: {program.Workload.ConfigurationDirectory}/", $"_file: {program.Place.ConfigurationDirectory}/", StringComparison.Ordinal),
                }),
        ],
        [
            .. program.Place.Replicas.Select(replica => program.Workload.Arguments
                .Select(argument => Translate(argument, program.Workload, program.Place, replica, addresses)).ToImmutableArray()),
        ])
    {
        ExporterArguments =
        [
            .. program.Workload.ExporterArguments.Select(argument => argument.Split('=', 2)).Select(parts => parts is [var flag, var value]
                ? $"{flag}={addresses.Translate(flag, Relocate(value, program.Workload.ConfigurationDirectory, program.Place.ConfigurationDirectory))}"
                : parts[0]),
        ],
    };

    private static string Translate(string argument, CentralWorkload workload, HostPlace place, HostReplica replica, HostAddresses addresses)
    {
        var parts = argument.Split('=', 2);
        return parts is [var flag, { Length: > 0 } value]
            ? $"{flag}={flag switch
            {
                "--web.listen-address" or "-httpListenAddr" => replica.Listen,
                "-httpInternalListenAddr" => replica.Internal,
                "--cluster.listen-address" => replica.Gossip,
                "-remoteWrite.tlsServerName" or "-backend.TLSServerName" => value, // leads nowhere
                _ => addresses.Translate(flag, Relocate(Relocate(value, workload.ConfigurationDirectory, place.ConfigurationDirectory), workload.DataDirectory, replica.DataDirectory)),
            }}"
            : argument;
    }

    private static string Relocate(string path, string? from, string to)
    {
        const string File = "file://";
        return from is null ? path
            : path.StartsWith(File, StringComparison.Ordinal) ? File + Relocate(path[File.Length..], from, to)
            : path == from || path.StartsWith(from + "/", StringComparison.Ordinal) ? to + path[from.Length..]
            : path;
    }
}
