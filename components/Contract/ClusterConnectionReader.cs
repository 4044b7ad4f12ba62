using System.Collections.Immutable;
using System.Globalization;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Contract;

/// <summary>What <see cref="ClusterConnectionReader"/> found in a stack.</summary>
/// <param name="HasOutputs">False: the stack has none of the contract's outputs, as when it was initialised but never brought up.</param>
/// <param name="Connection">The cluster to scrape, or null when there are no outputs or when they have problems.</param>
/// <param name="Push">The cluster in the place of <paramref name="Connection"/> when it sends its samples by itself.</param>
public sealed record ConnectionReading(bool HasOutputs, ClusterConnection? Connection, PushConnection? Push = null);

/// <summary>Reads a target stack's outputs, checking them completely.</summary>
public static class ClusterConnectionReader
{
    /// <summary>The outputs that are read.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        StackOutputs.ContractVersion, StackOutputs.ClusterName, StackOutputs.ApiServer, StackOutputs.CaCertificate, StackOutputs.Token,
        StackOutputs.TokenId, StackOutputs.TokenIssued, StackOutputs.PreviousToken, StackOutputs.PreviousTokenId, StackOutputs.ClusterLabels, StackOutputs.ScrapeJobs,
        StackOutputs.Collection, StackOutputs.PushPassword, StackOutputs.NextPushPassword,
    ];

    /// <summary>Reads and checks a stack's outputs.</summary>
    /// <param name="stackName">The stack, as the user names it.</param>
    /// <param name="output">Gives an output's value, null when it is absent, and whether it is secret.</param>
    /// <param name="problems">Where every problem is noted, with the stack and what to run; never with a secret value.</param>
    /// <returns>The cluster when there is no problem. A stack without outputs is no problem here: that is the caller's decision.</returns>
    public static ConnectionReading Read(string stackName, Func<string, (object? Value, bool Secret)> output, Problems problems)
    {
        var outputs = Names.ToDictionary(name => name, output);
        if (outputs.Values.All(item => item.Value is null))
        {
            return new ConnectionReading(HasOutputs: false, null);
        }

        var reading = new Reading(stackName, outputs, problems);
        return !reading.IsOurVersion() ? new ConnectionReading(HasOutputs: true, null)
            : reading.Pushes() ? new ConnectionReading(HasOutputs: true, null, reading.Push())
            : new ConnectionReading(HasOutputs: true, reading.Connection());
    }

    private sealed class Reading(string stack, Dictionary<string, (object? Value, bool Secret)> outputs, Problems problems)
    {
        private readonly int _problemsBefore = problems.Count;
        private readonly string _remedy = $"run 'pulumi up --stack {stack}'";

        /// <summary>Checked first: another version's outputs would only yield misleading problems.</summary>
        public bool IsOurVersion()
        {
            var value = outputs[StackOutputs.ContractVersion].Value;
            var version = PlainValue.Integer(value);
            if (version == StackOutputs.Version)
            {
                return true;
            }

            var found = version?.ToString(CultureInfo.InvariantCulture);
            problems.Add(Key(StackOutputs.ContractVersion), Shown(StackOutputs.ContractVersion, found), version switch
            {
                null => $"is missing or no whole number; upgrade fleet-prometheus in stack {stack} and {_remedy}",
                < StackOutputs.Version => $"is older than this program's version {StackOutputs.Version}; upgrade fleet-prometheus in stack {stack} and {_remedy}",
                _ => $"is newer than this program's version {StackOutputs.Version}; upgrade fleet-prometheus here, in the central stack, and run 'pulumi up' again",
            });
            return false;
        }

        public bool Pushes()
        {
            var way = outputs[StackOutputs.Collection].Value;
            if (way is not (null or StackOutputs.Pull or StackOutputs.Push))
            {
                problems.Add(Key(StackOutputs.Collection), Shown(StackOutputs.Collection, way as string), $"must be {StackOutputs.Pull} or {StackOutputs.Push}, or absent for {StackOutputs.Pull}; {_remedy}");
            }

            return way is StackOutputs.Push;
        }

        public PushConnection? Push()
        {
            var connection = new PushConnection
            {
                ClusterName = Text(StackOutputs.ClusterName, Checks.DnsLabel),
                Labels = Labels(Checks.SentLabelValue),
                Password = Secret(StackOutputs.PushPassword, "password"),
                NextPassword = Secret(StackOutputs.NextPushPassword, "password"),
            };
            return problems.Count > _problemsBefore ? null : connection;
        }

        public ClusterConnection? Connection()
        {
            var name = Text(StackOutputs.ClusterName, Checks.DnsLabel);
            var apiServer = Text(StackOutputs.ApiServer, Checks.ApiServer);
            var certificate = Text(
                StackOutputs.CaCertificate,
                value => value == StackOutputs.SystemRoots ? null : Checks.CaCertificate(value));
            var token = Token(StackOutputs.Token);
            var tokenId = Text(StackOutputs.TokenId, Checks.DnsLabel);
            var issued = Issued();
            var (previousToken, previousTokenId) = Previous(tokenId);
            var labels = Labels(Checks.OwnLabelValue);
            var jobs = ScrapeJobMaps.Read(Key(StackOutputs.ScrapeJobs), outputs[StackOutputs.ScrapeJobs].Value, outputs[StackOutputs.ScrapeJobs].Secret, _remedy, problems);
            if (problems.Count > _problemsBefore)
            {
                return null;
            }

            return new ClusterConnection
            {
                ClusterName = name,
                ApiServer = new Uri(apiServer),
                CaCertificate = PemCertificates.TryNormalize(certificate, out var pem) ? pem : null,
                Token = token,
                TokenId = tokenId,
                TokenIssued = issued,
                PreviousToken = previousToken,
                PreviousTokenId = previousTokenId,
                Labels = labels,
                Jobs = jobs,
            };
        }

        private DateTimeOffset? Issued()
        {
            if (outputs[StackOutputs.TokenIssued].Value is not { } value)
            {
                return null;
            }

            if (DateTimeOffset.TryParseExact(value as string, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var issued))
            {
                return issued;
            }

            problems.Add(Key(StackOutputs.TokenIssued), Shown(StackOutputs.TokenIssued, value as string), $"must be a time such as 2026-01-31T12:00:00Z; {_remedy}");
            return null;
        }

        private (SecretText? Token, string? Id) Previous(string tokenId)
        {
            var given = (Token: outputs[StackOutputs.PreviousToken].Value is not null, Id: outputs[StackOutputs.PreviousTokenId].Value is not null);
            if (given is (false, false))
            {
                return (null, null);
            }

            var id = Text(StackOutputs.PreviousTokenId, Checks.DnsLabel);
            if (id.Length > 0 && id == tokenId)
            {
                problems.Add(Key(StackOutputs.PreviousTokenId), Shown(StackOutputs.PreviousTokenId, id), $"must differ from {StackOutputs.TokenId}; {_remedy}");
            }

            return (Token(StackOutputs.PreviousToken), id);
        }

        private ImmutableSortedDictionary<string, string> Labels(Func<string, string?> checkValue)
        {
            if (PlainValue.TextMap(outputs[StackOutputs.ClusterLabels].Value) is not { } labels)
            {
                problems.Add(Key(StackOutputs.ClusterLabels), null, $"is missing or no map of names to texts; {_remedy}");
                return PlainValue.NoTexts;
            }

            foreach (var (label, value) in labels)
            {
                Note(StackOutputs.ClusterLabels, label, Checks.OwnLabelName(label));
                Note(StackOutputs.ClusterLabels, value, checkValue(value));
            }

            return labels;
        }

        private string Text(string name, Func<string, string?> check)
        {
            if (outputs[name].Value is not string { Length: > 0 } text)
            {
                problems.Add(Key(name), null, $"is missing or no text; {_remedy}");
                return "";
            }

            Note(name, text, check(text));
            return text;
        }

        private SecretText Token(string name) => Secret(name, "bearer token");

        private SecretText Secret(string name, string kind)
        {
            var text = outputs[name].Value as string;
            if (string.IsNullOrEmpty(text) || text.Any(character => character is <= ' ' or > '~'))
            {
                problems.Add(Key(name), null, $"is missing or no {kind}; {_remedy}");
            }

            return new SecretText(text ?? "");
        }

        private void Note(string name, string value, string? fix)
        {
            if (fix is not null)
            {
                problems.Add(Key(name), Shown(name, value), $"{fix}; mend it and {_remedy}");
            }
        }

        private string? Shown(string name, string? value) =>
            outputs[name].Secret || value?.Contains("PRIVATE KEY", StringComparison.Ordinal) == true ? null : value;

        private string Key(string name) => $"stack {stack}, output {name}";
    }
}
