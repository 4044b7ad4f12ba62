using System.Collections.Immutable;
using FleetPrometheus.Dashboards;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Random;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="Grafana"/> is given.</summary>
public sealed class GrafanaArgs : ResourceArgs
{
    /// <summary>The namespace.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>Settings of the pod.</summary>
    public required GrafanaOptions Options { get; set; }

    /// <summary>The name and address of the pod.</summary>
    public required Replicas Addresses { get; set; }

    /// <summary>The network policies around the pods.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>The Prometheus that knows of all clusters.</summary>
    public required Replicas Prometheus { get; set; }

    /// <summary>How often Prometheus scrapes.</summary>
    public required TimeSpan ScrapeInterval { get; set; }

    /// <summary>How Prometheus is entered.</summary>
    public required WebAccess Web { get; set; }

    /// <summary>The ConfigMaps of the dashboards; may be none.</summary>
    public required ImmutableArray<Output<string>> Dashboards { get; set; }
}

/// <summary>
/// A Grafana that knows the central Prometheus and the dashboards from its first start. One pod: its own database is a file. It reads
/// where they are only when it starts, so its pod carries a hash of that and is replaced when it changes; dashboards it reads again by itself.
/// </summary>
public sealed class Grafana : ComponentResource
{
    /// <summary>The program's name, in object names and labels.</summary>
    public const string ProgramName = "grafana";

    /// <summary>The port it serves on.</summary>
    public const int Port = 3000;

    private const string SecretsDirectory = "/etc/grafana/fleet-secrets";
    private const string DashboardsDirectory = "/etc/grafana/fleet-dashboards";
    private const string DataDirectory = "/var/lib/grafana";
    private const string AdminPasswordFile = "admin-password";
    private const string PrometheusPasswordFile = "prometheus-password";
    private const string PrometheusCaFile = "prometheus-ca.crt";

    /// <summary>The first administrator's password, a secret. Grafana takes it over only into an empty database.</summary>
    public Output<string> AdminPassword { get; }

    /// <summary>Declares Grafana.</summary>
    public Grafana(string name, GrafanaArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:Grafana", name, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        ObjectMetaArgs Metadata(string objectName) => new()
        {
            Name = objectName,
            Namespace = args.Namespace,
            Labels = ObjectLabels.Of(ProgramName, "central"),
        };

        var password = new RandomPassword($"{name}-password", new RandomPasswordArgs { Length = 32, Special = false }, child);
        AdminPassword = Output.CreateSecret(password.Result);
        var secrets = new Secret($"{name}-secrets", new SecretArgs
        {
            Metadata = Metadata("grafana-secrets"),
            Data = SecretData.Of(Output.Tuple(password.Result, args.Web.Password).Apply(passwords => ImmutableDictionary.CreateRange(
            [
                KeyValuePair.Create(AdminPasswordFile, passwords.Item1),
                KeyValuePair.Create(PrometheusPasswordFile, passwords.Item2),
                .. args.Web.Tls is { } tls ? [KeyValuePair.Create(PrometheusCaFile, tls.CaCertificate)] : Array.Empty<KeyValuePair<string, string>>(),
            ]))),
        }, child);

        var dataSource = GrafanaProvisioning.DataSource(
            args.Web.Url(args.Prometheus.Address), args.Web.User, $"{SecretsDirectory}/{PrometheusPasswordFile}", args.ScrapeInterval,
            args.Web.Tls is { } trust ? new TlsConfig { CaFile = $"{SecretsDirectory}/{PrometheusCaFile}", ServerName = trust.Names.Prometheus } : null);
        var dashboards = GrafanaProvisioning.Dashboards(DashboardsDirectory);
        var provisioning = new ConfigMap($"{name}-provisioning", new ConfigMapArgs
        {
            Metadata = Metadata("grafana-provisioning"),
            Data = { [Key(GrafanaProvisioning.DataSourceFile)] = dataSource, [Key(GrafanaProvisioning.DashboardsFile)] = dashboards },
        }, child);

        new ReplicatedProgram
        {
            Program = ProgramName,
            Namespace = args.Namespace,
            Addresses = args.Addresses,
            Count = 1,
            Storage = args.Options.Storage,
            Container = Container(args),
            DataPath = DataDirectory,
            TerminationGracePeriodSeconds = 30,
            NetworkPolicies = args.Network.Policies,
            Outgoing = [new(NetworkPeers.Program(args.Prometheus.Program), args.Prometheus.Port)],
            PodAnnotations = ConfigurationHash.Annotation(dataSource + dashboards + args.Web.Tls?.CaCertificate),
            Volumes = new()
            {
                new VolumeArgs
                {
                    Name = "provisioning",
                    ConfigMap = new ConfigMapVolumeSourceArgs
                    {
                        Name = provisioning.Metadata.Apply(metadata => metadata.Name),
                        Items =
                        {
                            new KeyToPathArgs { Key = Key(GrafanaProvisioning.DataSourceFile), Path = GrafanaProvisioning.DataSourceFile },
                            new KeyToPathArgs { Key = Key(GrafanaProvisioning.DashboardsFile), Path = GrafanaProvisioning.DashboardsFile },
                        },
                    },
                },
                new VolumeArgs
                {
                    Name = "dashboards",
                    Projected = new ProjectedVolumeSourceArgs
                    {
                        Sources = args.Dashboards.Select(map => new VolumeProjectionArgs { ConfigMap = new ConfigMapProjectionArgs { Name = map } }).ToArray(),
                    },
                },
                SecretVolume.Of("secrets", secrets),
                new VolumeArgs { Name = "tmp", EmptyDir = new EmptyDirVolumeSourceArgs() },
            },
        }.Declare(name, this);

        RegisterOutputs();
    }

    private static ContainerArgs Container(GrafanaArgs args) => new()
    {
        Name = ProgramName,
        Image = args.Options.Image,
        Env = Environment(args).Select(variable => new EnvVarArgs { Name = variable.Key, Value = variable.Value }).ToArray(),
        Ports = new ContainerPortArgs { Name = "web", ContainerPortValue = Port },
        LivenessProbe = Probe(periodSeconds: 30, failureThreshold: 10), // the first start migrates a database for up to minutes
        ReadinessProbe = Probe(periodSeconds: 10, failureThreshold: 3),
        Resources = args.Options.Resources.ToArgs(),
        VolumeMounts =
        {
            new VolumeMountArgs { Name = "provisioning", MountPath = GrafanaProvisioning.DirectoryPath, ReadOnly = true },
            new VolumeMountArgs { Name = "dashboards", MountPath = DashboardsDirectory, ReadOnly = true },
            new VolumeMountArgs { Name = "secrets", MountPath = SecretsDirectory, ReadOnly = true },
            new VolumeMountArgs { Name = "tmp", MountPath = "/tmp" },
        },
    };

    // Grafana's settings, [section] key as GF_SECTION_KEY; its image reads a file for those that end in __FILE.
    private static IEnumerable<KeyValuePair<string, string>> Environment(GrafanaArgs args)
    {
        yield return new("GF_SECURITY_ADMIN_USER", args.Web.User);
        yield return new("GF_SECURITY_ADMIN_PASSWORD__FILE", $"{SecretsDirectory}/{AdminPasswordFile}");
        yield return new("GF_ANALYTICS_REPORTING_ENABLED", "false");
        yield return new("GF_ANALYTICS_CHECK_FOR_UPDATES", "false");
        yield return new("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false");
        yield return new("GF_PLUGINS_PREINSTALL_DISABLED", "true"); // else it downloads plugins when it starts
        if (args.Options.ExternalUrl is { } url)
        {
            yield return new("GF_SERVER_ROOT_URL", url.AbsoluteUri);
        }
    }

    private static ProbeArgs Probe(int periodSeconds, int failureThreshold) => new()
    {
        HttpGet = new HTTPGetActionArgs { Path = "/api/health", Port = "web" },
        PeriodSeconds = periodSeconds,
        TimeoutSeconds = 5,
        FailureThreshold = failureThreshold,
    };

    // A ConfigMap's keys have no directories.
    private static string Key(string file) => file.Replace('/', '-');
}
