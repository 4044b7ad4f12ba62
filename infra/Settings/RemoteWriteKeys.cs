using System.Collections.Immutable;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The keys of a store that Prometheus sends to.</summary>
internal static class RemoteWriteKeys
{
    private static readonly Form<TimeSpan?> Wait = new OptionalForm<TimeSpan>(Scalars.Duration(TimeSpan.FromMilliseconds(1)));
    private static readonly Form<int?> Count = new OptionalForm<int>(Scalars.Integer(1));
    private static readonly Form<ImmutableArray<string>> Expressions = new ListForm<string>(Scalars.Checked("RE2 expression", Checks.Expression), "");

    private static readonly Form<StoreUser?> User = new ObjectForm<StoreUser?>(
        new Field<StoreUser?, string>("username", Scalars.Text, o => o?.Username ?? "", (o, v) => Or(o) with { Username = v },
            "the user") { IsRequired = true },
        new Field<StoreUser?, SecretText?>("password", Scalars.Secret!, o => o?.Password, (o, v) => Or(o) with { Password = v! },
            "the password; set it with `--secret`") { IsRequired = true });

    private static readonly Form<RemoteWriteQueue> Queue = new ObjectForm<RemoteWriteQueue>(
        new Field<RemoteWriteQueue, int?>("capacity", Count, o => o.Capacity, (o, v) => o with { Capacity = v },
            "samples that wait per request at once") { WithoutIt = "Prometheus's own, 10000" },
        new Field<RemoteWriteQueue, int?>("maxShards", Count, o => o.MaxShards, (o, v) => o with { MaxShards = v },
            "requests at once at most") { WithoutIt = "Prometheus's own, 50" },
        new Field<RemoteWriteQueue, int?>("maxSamplesPerSend", Count, o => o.MaxSamplesPerSend, (o, v) => o with { MaxSamplesPerSend = v },
            "samples per request at most") { WithoutIt = "Prometheus's own, 2000" },
        new Field<RemoteWriteQueue, TimeSpan?>("batchSendDeadline", Wait, o => o.BatchSendDeadline, (o, v) => o with { BatchSendDeadline = v },
            "how long samples wait for a full request") { WithoutIt = "Prometheus's own, 5s" },
        new Field<RemoteWriteQueue, TimeSpan?>("minBackoff", Wait, o => o.MinBackoff, (o, v) => o with { MinBackoff = v },
            "the first wait after a failure") { WithoutIt = "Prometheus's own, 30ms" },
        new Field<RemoteWriteQueue, TimeSpan?>("maxBackoff", Wait, o => o.MaxBackoff, (o, v) => o with { MaxBackoff = v },
            "the longest wait after failures") { WithoutIt = "Prometheus's own, 5s" });

    /// <summary>All keys.</summary>
    public static readonly Form<RemoteWrite> Form = new ObjectForm<RemoteWrite>(
        new Field<RemoteWrite, string>("name", Scalars.DnsLabel, o => o.Name, (o, v) => o with { Name = v },
            "its name, unique, in metrics and alerts") { IsRequired = true },
        new Field<RemoteWrite, Uri?>("url", Scalars.WebAddress!, o => o.Url, (o, v) => o with { Url = v },
            "the address that samples are posted to") { IsRequired = true },
        new Field<RemoteWrite, StoreUser?>("basicAuth", User, o => o.User, (o, v) => o with { User = v },
            "who sends") { WithoutIt = "nobody in particular" },
        new Field<RemoteWrite, SecretText?>("bearerToken", Scalars.Secret!, o => o.BearerToken, (o, v) => o with { BearerToken = v },
            "a token in the place of `basicAuth`; set it with `--secret`"),
        new Field<RemoteWrite, ImmutableSortedDictionary<string, string>>("headers", new MapForm("headers", _ => null, Scalars.Text),
            o => o.Headers, (o, v) => o with { Headers = v },
            "headers of every request, such as `X-Scope-OrgID`; no secrets: they are in a ConfigMap"),
        new Field<RemoteWrite, string?>("caCertificate", Scalars.CaCertificate!,
            o => o.CaCertificate, (o, v) => o with { CaCertificate = v == StackOutputs.SystemRoots ? null : v },
            "the CA of its certificate") { WithoutIt = "the system's roots" },
        new Field<RemoteWrite, bool>("insecureSkipVerify", Scalars.Boolean, o => o.InsecureSkipVerify, (o, v) => o with { InsecureSkipVerify = v },
            "don't check its certificate: whoever is in between can read the samples and the credentials"),
        new Field<RemoteWrite, TimeSpan>("timeout", Scalars.Duration(TimeSpan.FromSeconds(1)), o => o.Timeout, (o, v) => o with { Timeout = v },
            "how long a request may take"),
        new Field<RemoteWrite, RemoteWriteQueue>("queue", Queue, o => o.Queue, (o, v) => o with { Queue = v },
            "how samples wait, and how many go at once"),
        new Field<RemoteWrite, ImmutableArray<string>>("keep", Expressions, o => o.Keep, (o, v) => o with { Keep = v },
            "expressions of the names of metrics that are sent") { WithoutIt = "all" },
        new Field<RemoteWrite, ImmutableArray<string>>("drop", Expressions, o => o.Drop, (o, v) => o with { Drop = v },
            "expressions of the names of metrics that are not sent"),
        new Field<RemoteWrite, string?>("replicaLabel", Scalars.LabelOrNone, o => o.ReplicaLabel, (o, v) => o with { ReplicaLabel = v },
            "the label by which the store tells replicas apart; `none` for stores that want replicas' series alike"),
        new Field<RemoteWrite, string?>("pairLabel", Scalars.LabelName!, o => o.PairLabel, (o, v) => o with { PairLabel = v },
            "a label with the name that replicas have in common, `prometheus` or `prometheus-shard-1`"));

    private static StoreUser Or(StoreUser? user) => user ?? new StoreUser("", new SecretText(""));
}
