using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using FleetPrometheus.Contract;
using FleetPrometheus.Scraping;
using FleetPrometheus.Targets;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>The forms of single values.</summary>
internal static partial class Scalars
{
    /// <summary>A name that may be a DNS label: clusters, namespaces.</summary>
    public static readonly Form<string> DnsLabel = Checked("DNS label", Checks.DnsLabel);

    /// <summary>Free text that must not be empty.</summary>
    public static readonly Form<string> Text = Matching("text", NotBlankPattern(), "must not be empty");

    /// <summary>An image, pinned by a tag or digest.</summary>
    public static readonly Form<string> Image = Matching("image", ImagePattern(),
        "must be an image with a tag or digest, such as quay.io/prometheus/prometheus:v3.5.3");

    /// <summary>An amount of disk in Kubernetes' notation.</summary>
    public static readonly Form<string> Size = Checked("quantity",
        text => Checks.Quantity(text) ?? (text.IndexOfAnyInRange('1', '9') < 0 ? "must be more than nothing" : null));

    /// <summary>An amount of CPU or memory in Kubernetes' notation, or <c>none</c> to leave it unset.</summary>
    public static readonly Form<string?> QuantityOrNone = new ScalarForm<string?>("quantity or `none`", ParseQuantityOrNone, value => value ?? "none") { TakesBare = true };

    /// <summary>A true or false.</summary>
    public static readonly Form<bool> Boolean = new ScalarForm<bool>("true or false", ParseBoolean, value => value ? "true" : "false") { TakesBare = true };

    /// <summary>An address of a web page or endpoint.</summary>
    public static readonly Form<Uri> WebAddress = new ScalarForm<Uri>("address", ParseWebAddress, uri => uri?.OriginalString) { Hides = HoldsUser };

    /// <summary>A web address that carries a secret.</summary>
    public static readonly Form<SecretText> SecretWebAddress = new ScalarForm<SecretText>("address", ParseSecretWebAddress, _ => null) { Hides = _ => true };

    /// <summary>Text that is never shown.</summary>
    public static readonly Form<SecretText> Secret = new ScalarForm<SecretText>("text", ParseSecret, _ => null) { Hides = _ => true };

    /// <summary>The address of an API server.</summary>
    public static readonly Form<Uri> ApiServer = new ScalarForm<Uri>("https address", ParseApiServer, uri => uri?.OriginalString) { Hides = HoldsUser };

    /// <summary>The address of a front that takes samples.</summary>
    public static readonly Form<Uri> PushAddress = new ScalarForm<Uri>("https address", ParsePushAddress, uri => uri?.OriginalString) { Hides = HoldsUser };

    /// <summary>An address without a scheme.</summary>
    public static readonly Form<string> HostAndPort = Checked("host:port", Checks.HostAndPort);

    /// <summary>The name of a host.</summary>
    public static readonly Form<string> HostName = Checked("host name", Checks.HostName);

    /// <summary>A range of addresses.</summary>
    public static readonly Form<string> Cidr = Checked("CIDR", Checks.Cidr);

    /// <summary>The address of an image registry, with or without a path.</summary>
    public static readonly Form<string> Registry = Matching("registry", RegistryPattern(),
        "must be host[:port][/path] without a scheme, such as mirror.example.com/fleet");

    /// <summary>A port of a Service.</summary>
    public static readonly Form<string> ServicePort = new ScalarForm<string>("name or number", ParseServicePort, text => text) { TakesBare = true };

    /// <summary>A selection of series.</summary>
    public static readonly Form<string> SeriesSelector = Checked("selector", Scraping.SeriesSelector.Check);

    /// <summary>A path at which metrics are served.</summary>
    public static readonly Form<string> Path = Checked("path", Checks.Path);

    /// <summary>Certificates in PEM, or <c>system</c>.</summary>
    public static readonly Form<string> CaCertificate = CertificateOr(StackOutputs.SystemRoots);

    /// <summary>Certificates in PEM, or <c>insecure</c>.</summary>
    public static readonly Form<string> KubeletCa = CertificateOr(TargetClusterArgs.UncheckedKubelets);

    /// <summary>Certificates of CAs in PEM.</summary>
    public static readonly Form<string> CaCertificates = new ScalarForm<string>("PEM", (string text, out string value) => ParseCaCertificates(text, null, out value), text => text) { Hides = _ => true };

    /// <summary>A server's certificate with its chain. Never shown, as it may be a key pasted by mistake.</summary>
    public static readonly Form<string> ServerCertificate = new ScalarForm<string>("PEM", ParseServerCertificate, text => text) { Hides = _ => true };

    /// <summary>Text that is never shown and must be stored as a secret.</summary>
    public static readonly Form<SecretText> StoredSecret = new StoredSecretForm();

    /// <summary>An amount of bytes in Prometheus's notation, more than none, kept as written.</summary>
    public static readonly Form<string> ByteSizeText = Checked("byte size",
        text => ByteSize.TryParse(text, out var bytes) && bytes > 0 ? null : "must be a size in B, KB, MB, GB or TB (powers of 1024) above zero, such as 40GB");

    /// <summary>An amount of bytes in Prometheus's notation, or <c>0</c> for no limit.</summary>
    public static readonly Form<long> ByteLimit = new ScalarForm<long>("byte size", ParseByteLimit, ByteSize.Format) { TakesBare = true };

    /// <summary>A stack of this project by its name, or any stack as organization/project/stack.</summary>
    public static readonly Form<string> StackName = Matching("stack", StackNamePattern(),
        "must be the name of a stack of this project, or organization/project/stack");

    /// <summary>A user name for basic authentication.</summary>
    public static readonly Form<string> UserName = Matching("user name", UserNamePattern(), "must consist of letters, digits, '.', '_' and '-'");

    /// <summary>An e-mail address, or several with commas between.</summary>
    public static readonly Form<string> EmailAddresses = Checked("e-mail address",
        text => MailboxesPattern().IsMatch(text) ? null : "must be an e-mail address, such as oncall@example.com, or several with commas between");

    /// <summary>A condition on a label of an alert.</summary>
    public static readonly Form<string> LabelMatcher = Checked("matcher", Alerting.LabelMatcher.Check);

    /// <summary>The name of a storage class or priority class.</summary>
    public static readonly Form<string> ClassName = Checked("name", Checks.ClassName);

    /// <summary>The key of a label or taint.</summary>
    public static readonly Form<string> KubernetesLabelKey = Checked("label name", text => KubernetesNames.IsLabelKey(text)
        ? null
        : "is not a Kubernetes label name, such as team or example.com/team");

    /// <summary>The value of a label on series.</summary>
    public static readonly Form<string> LabelValue = Checked("label value", Checks.OwnLabelValue);

    /// <summary>A label on what is sent to a store.</summary>
    public static readonly Form<string> LabelName = Checked("label name", RemoteWriteValidation.CheckLabel);

    /// <summary>The same, or <c>none</c>.</summary>
    public static readonly Form<string?> LabelOrNone = new ScalarForm<string?>("label name or `none`", ParseLabelOrNone, value => value ?? "none");

    /// <summary>The value of a label on pods.</summary>
    public static readonly Form<string> KubernetesLabelValue = Checked("label value", text => KubernetesNames.IsLabelValue(text)
        ? null
        : "must be a Kubernetes label value: at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit");

    /// <summary>A whole number within bounds.</summary>
    public static Form<int> Integer(int least, int most = int.MaxValue)
    {
        return new ScalarForm<int>("integer", Parse, value => value.ToString(CultureInfo.InvariantCulture)) { TakesBare = true };

        string? Parse(string text, out int value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most
                ? null
                : most == int.MaxValue ? $"must be a whole number, at least {least}" : $"must be a whole number from {least} to {most}";
    }

    /// <summary>A duration in Prometheus's notation, of at least <paramref name="least"/>.</summary>
    public static Form<TimeSpan> Duration(TimeSpan least)
    {
        return new ScalarForm<TimeSpan>("duration", Parse, PrometheusDuration.Format);

        string? Parse(string text, out TimeSpan value) =>
            PrometheusDuration.TryParse(text, out value) && value >= least
                ? null
                : $"must be a duration of at least {PrometheusDuration.Format(least)}, such as 30s, 1h30m or 15d";
    }

    /// <summary>One of a few words; YAML's bare <c>off</c>, which some readers take for false, counts as the word.</summary>
    public static Form<T> Choice<T>(params ImmutableArray<(string Word, T Value)> choices) where T : struct
    {
        var words = string.Join(", ", choices.Select(choice => choice.Word));
        return new ScalarForm<T>(string.Join(" or ", choices.Select(choice => $"`{choice.Word}`")), Parse,
            value => choices.First(choice => choice.Value.Equals(value)).Word) { TakesBare = true };

        string? Parse(string text, out T value)
        {
            var found = choices.Where(choice => choice.Word == text || (choice.Word == "off" && text == "false")).ToList();
            value = found.Select(choice => choice.Value).FirstOrDefault();
            return found.Count > 0 ? null : $"must be one of {words}";
        }
    }

    /// <summary>One of a few words.</summary>
    public static Form<string> OneOf(params ImmutableArray<string> words) => Checked(
        string.Join(" or ", words.Select(word => $"`{word}`")),
        text => words.Contains(text) ? null : $"must be one of {string.Join(", ", words)}");

    /// <summary>Reads an API server's address.</summary>
    /// <returns>Null when it is one, otherwise what to write instead.</returns>
    public static string? ParseApiServer(string text, out Uri value)
    {
        var fix = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            ? "must begin with https://, because the cluster's token is sent there"
            : Checks.ApiServer(text);
        value = fix is null ? new Uri(text) : null!;
        return fix;
    }

    /// <summary>Whether an address may hold a password.</summary>
    public static bool HoldsUser(string address) => address.Contains('@', StringComparison.Ordinal);

    private static ScalarForm<string> Matching(string type, Regex pattern, string fix) => Checked(type, text => pattern.IsMatch(text) ? null : fix);

    /// <summary>Text that passes a check: null for a good one, otherwise what to write instead.</summary>
    public static ScalarForm<string> Checked(string type, Func<string, string?> check)
    {
        return new ScalarForm<string>(type, Parse, text => text);

        string? Parse(string text, out string value)
        {
            value = text;
            return check(text);
        }
    }

    private static string? ParseQuantityOrNone(string text, out string? value)
    {
        value = text == "none" ? null : text;
        return value is null ? null : Checks.Quantity(value);
    }

    private static string? ParseLabelOrNone(string text, out string? value)
    {
        value = text == "none" ? null : text;
        return value is null ? null : RemoteWriteValidation.CheckLabel(value);
    }

    private static string? ParseBoolean(string text, out bool value)
    {
        value = text == "true";
        return text is "true" or "false" ? null : "must be true or false";
    }

    private static string? ParseWebAddress(string text, out Uri value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value!) && value.Scheme is "http" or "https" && value.Host.Length > 0
        && value.UserInfo.Length == 0 && value.Query.Length == 0 && value.Fragment.Length == 0
            ? null
            : "must be an http or https address without user, '?' and '#', such as https://prometheus.example.com";

    private static string? ParseSecretWebAddress(string text, out SecretText value)
    {
        value = new SecretText(text);
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? null
            : "must be an http or https address, such as https://hooks.example.com/alerts";
    }

    private static string? ParseSecret(string text, out SecretText value)
    {
        value = new SecretText(text);
        return string.IsNullOrWhiteSpace(text) ? "must not be empty" : null;
    }

    // Never shown, as it may be a key pasted by mistake.
    private static ScalarForm<string> CertificateOr(string word) =>
        new($"PEM or `{word}`", (string text, out string value) => ParseCaCertificates(text, word, out value), text => text) { Hides = _ => true };

    private static string? ParseCaCertificates(string text, string? word, out string value)
    {
        value = text.Trim();
        return value == word ? null
            : value.Contains("PRIVATE KEY", StringComparison.Ordinal) ? "holds a private key; give the CA's certificate alone, and don't use that key any more"
            : Checks.CaCertificate(value) is { } fix ? $"{fix}{(word is null ? "" : $", or the word {word}")}"
            : null;
    }

    private static string? ParseServicePort(string text, out string value)
    {
        value = text;
        return Checks.ServicePort(text);
    }

    private static string? ParsePushAddress(string text, out Uri value) => HttpsAddress.TryParse(text, out value!)
        ? null
        : "must be an absolute https address without user, '?' and '#', because a password is sent there, such as https://push.example.com:8427";

    private static string? ParseServerCertificate(string text, out string value)
    {
        value = text.Trim() + "\n";
        return value.Contains("PRIVATE KEY", StringComparison.Ordinal) ? "holds a private key; write that as privateKey, stored with --secret, and the certificate alone here"
            : PemCertificates.TryNormalize(value, out _) ? null
            : "must be one or more PEM certificates (-----BEGIN CERTIFICATE-----…), the server's own first, and nothing else";
    }

    private static string? ParseByteLimit(string text, out long value) =>
        ByteSize.TryParse(text == "0" ? "0B" : text, out value) ? null : "must be a size in B, KB, MB, GB or TB (powers of 1024), such as 64MB, or 0 for no limit";

    [GeneratedRegex(@"\A\s*[^\s@,<>]+@[^\s@,<>]+(\s*,\s*[^\s@,<>]+@[^\s@,<>]+)*\s*\z")]
    private static partial Regex MailboxesPattern();

    [GeneratedRegex(@"\S")]
    private static partial Regex NotBlankPattern();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9._-]|:[0-9]+/|/(?=[a-z0-9]))*(:[A-Za-z0-9_][A-Za-z0-9_.-]*(@sha256:[a-f0-9]{64})?|@sha256:[a-f0-9]{64})\z")]
    private static partial Regex ImagePattern();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9._-]|:[0-9]+(?=/|\z)|/(?=[a-z0-9]))*\z")]
    private static partial Regex RegistryPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?\z")]
    private static partial Regex StackNamePattern();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+\z")]
    private static partial Regex UserNamePattern();
}
