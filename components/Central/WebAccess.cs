using System.Collections.Immutable;
using FleetPrometheus.Scraping;
using Pulumi;
using Pulumi.Random;

namespace FleetPrometheus.Central;

/// <summary>The user and the generated password that protect the web endpoints of Prometheus and Alertmanager.</summary>
public sealed class WebAccess : ComponentResource
{
    /// <summary>The user.</summary>
    public string User { get; }

    /// <summary>The clear password; a secret.</summary>
    public Output<string> Password { get; }

    /// <summary>The files of both programs, by name within the directory <see cref="ConfigurationPaths.Web"/> is in; a secret.</summary>
    public Output<ImmutableDictionary<string, string>> Files { get; }

    /// <summary>Generates the password.</summary>
    public WebAccess(string name, string user, ComponentResourceOptions? options = null)
        : base("fleet-prometheus:central:WebAccess", name, options)
    {
        var password = new RandomPassword($"{name}-password", new RandomPasswordArgs
        {
            Length = 32,
            Special = false, // goes into addresses, shells and YAML without quoting
        }, new CustomResourceOptions { Parent = this });

        User = user;
        Password = Output.CreateSecret(password.Result);
        Files = Output.CreateSecret(Output.Tuple(password.Result, password.BcryptHash).Apply(secrets => ImmutableDictionary.CreateRange(
        [
            KeyValuePair.Create(Path.GetFileName(ConfigurationPaths.Web), WebFiles.Server(user, secrets.Item2)),
            KeyValuePair.Create(Path.GetFileName(ConfigurationPaths.WebClient), WebFiles.Client(user, secrets.Item1)),
            KeyValuePair.Create(Path.GetFileName(ConfigurationPaths.WebPassword), secrets.Item1),
        ])));

        RegisterOutputs();
    }
}
