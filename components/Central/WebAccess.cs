using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using FleetPrometheus.Workloads;
using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Random;

namespace FleetPrometheus.Central;

/// <summary>What <see cref="WebAccess"/> is given.</summary>
public sealed class WebAccessArgs : ResourceArgs
{
    /// <summary>The namespace of the programs.</summary>
    [Input("namespace", required: true)]
    public Input<string> Namespace { get; set; } = null!;

    /// <summary>The user.</summary>
    public required string User { get; set; }

    /// <summary>The certificate, if there is one.</summary>
    public WebTlsOptions Tls { get; set; } = new();

    /// <summary>The names that it must be for.</summary>
    public required WebServerNames ServerNames { get; set; }
}

/// <summary>
/// What protects the web endpoints of the centre's programs, the same for all: the user and the generated password, and the certificate, if
/// there is one.
/// </summary>
public sealed class WebAccess : ComponentResource
{
    /// <summary>The user.</summary>
    public string User { get; }

    /// <summary>The clear password; a secret.</summary>
    public Output<string> Password { get; }

    /// <summary>The certificate; null: the programs speak HTTP.</summary>
    public WebTls? Tls { get; }

    /// <summary>The files of Prometheus and of Alertmanager, by name within the directory <see cref="ConfigurationPaths.Web"/> is in; a secret.</summary>
    public Output<ImmutableDictionary<string, string>> Files { get; }

    /// <summary>Generates the password, and declares the Secret of certificate and key if they are given.</summary>
    public WebAccess(string name, WebAccessArgs args, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:WebAccess", name, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        var password = new RandomPassword($"{name}-password", new RandomPasswordArgs
        {
            Length = 32,
            Special = false, // goes into addresses, shells and YAML without quoting
        }, child);

        User = args.User;
        Password = Output.CreateSecret(password.Result);
        if (args.Tls.Enabled)
        {
            var metadata = new ObjectMetaArgs
            {
                Name = WebTlsOptions.OwnTlsSecret,
                Namespace = args.Namespace,
                Labels = ObjectLabels.Of(ObjectLabels.Project, "central"),
            };
            Tls = new WebTls(args.Tls.SecretName($"{name}-tls", metadata, child), args.Tls.Trusted!, args.ServerNames);
        }

        Files = Output.CreateSecret(Output.Tuple(password.Result, password.BcryptHash).Apply(secrets => Render(secrets.Item1, secrets.Item2)));

        RegisterOutputs();
    }

    /// <summary>An address (host:port) of one of the programs as a URL.</summary>
    public string Url(string address) => $"{(Tls is null ? "http" : "https")}://{address}";

    private ImmutableDictionary<string, string> Render(string password, string hash)
    {
        const string Directory = $"../{ConfigurationPaths.Tls}";
        var files = ImmutableDictionary.CreateBuilder<string, string>();
        Add(ConfigurationPaths.WebPassword, password);
        Add(ConfigurationPaths.WebClient, WebFiles.Client(User, password, Tls is not null));
        if (Tls is null)
        {
            Add(ConfigurationPaths.Web, WebFiles.Server(User, hash));
        }
        else
        {
            Add(ConfigurationPaths.Web, WebFiles.Server(User, hash, ($"{Directory}/{CertificateOptions.CertificateFile}", $"{Directory}/{CertificateOptions.KeyFile}")));
            Add(ConfigurationPaths.WebLoopback, WebFiles.Server(User, hash));
            Add(ConfigurationPaths.WebCa, Tls.CaCertificate);
        }

        return files.ToImmutable();

        void Add(string path, string content) => files.Add(Path.GetFileName(path), content);
    }
}

/// <summary>The certificate of the centre's web endpoints.</summary>
/// <param name="SecretName">The Secret of certificate and key.</param>
/// <param name="CaCertificate">What it is verified with, PEM.</param>
/// <param name="Names">The names that it is for.</param>
public sealed record WebTls(Input<string> SecretName, string CaCertificate, WebServerNames Names);
