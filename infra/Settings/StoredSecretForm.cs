using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>Text that must be stored as a secret: in plain text it would stay in the stack file's history for ever.</summary>
internal sealed class StoredSecretForm : Form<SecretText>
{
    /// <inheritdoc/>
    public override string Type => "text, stored as a secret";

    /// <inheritdoc/>
    public override bool IsScalar => true;

    /// <inheritdoc/>
    public override SecretText Read(Written written, SecretText start)
    {
        if (!written.IsSecret)
        {
            written.Problems.Add(written.Key, null, $"is in plain text; take it out, don't use it any more, and store a new one with pulumi config set --secret --path {written.Key}");
            return start;
        }

        return Scalars.Secret.Read(written, start);
    }

    /// <inheritdoc/>
    public override string? Show(SecretText value) => null;
}
