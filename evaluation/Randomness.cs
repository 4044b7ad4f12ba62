using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FleetPrometheus.Evaluation;

/// <summary>What stands in for the Random provider: values that stay the same as long as their resource does.</summary>
public abstract class Randomness
{
    /// <summary>The same values on every machine, for renderings that can be compared; its password is a marked placeholder.</summary>
    public static Randomness Placeholder { get; } = new PlaceholderRandomness();

    /// <summary>Values that cannot be guessed and last as long as this object, for a fleet that really runs.</summary>
    public static Randomness Session() => new SessionRandomness();

    /// <summary>Bytes for the resource that <paramref name="purpose"/> identifies.</summary>
    public abstract byte[] Bytes(string purpose, int count);

    /// <summary>A password and its bcrypt hash.</summary>
    public abstract (string Password, string BcryptHash) Password(string purpose, int length);

    private static byte[] Derive(byte[] key, string purpose, int count) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, count, info: Encoding.UTF8.GetBytes(purpose));

    private sealed class PlaceholderRandomness : Randomness
    {
        // bcrypt of the word itself, so that promtool accepts a rendered web.yml; nobody should deploy it.
        private const string Word = "PLACEHOLDER-password";
        private const string Hash = "$2b$10$PLACEHOLDERPLACEHOLDE.5ZDApQ8Nl4MvE1.r1zr6uCmTC.KbVvC";

        public override byte[] Bytes(string purpose, int count) => Derive("placeholder"u8.ToArray(), purpose, count);

        public override (string Password, string BcryptHash) Password(string purpose, int length) => (Word, Hash);
    }

    private sealed class SessionRandomness : Randomness
    {
        private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

        public override byte[] Bytes(string purpose, int count) => Derive(_key, purpose, count);

        public override (string Password, string BcryptHash) Password(string purpose, int length)
        {
            var password = Convert.ToHexStringLower(Bytes(purpose, (length + 1) / 2))[..length];
            return (password, Bcrypt.Hash(password, Bytes(purpose + " salt", 16)));
        }
    }
}

/// <summary>bcrypt by the system's libcrypt, which every Debian has.</summary>
internal static class Bcrypt
{
    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    // Cost 4, the least: the lab's password is random and lives for minutes, and every request checks it.
    public static string Hash(string password, ReadOnlySpan<byte> salt)
    {
        var setting = new StringBuilder("$2b$04$");
        for (var i = 0; i < 21; i++)
        {
            setting.Append(Alphabet[salt[i % salt.Length] & 63]);
        }

        setting.Append('.');
        try
        {
            var hash = Marshal.PtrToStringAnsi(Crypt(password, setting.ToString()));
            return hash is { Length: 60 } ? hash : throw new EvaluationException("The system's libcrypt refuses bcrypt ($2b$): install Debian's libcrypt1.");
        }
        catch (DllNotFoundException)
        {
            throw new EvaluationException("libcrypt.so.1 is missing: install Debian's package libcrypt1.");
        }
    }

    [DllImport("libcrypt.so.1", EntryPoint = "crypt")]
    private static extern IntPtr Crypt([MarshalAs(UnmanagedType.LPUTF8Str)] string key, [MarshalAs(UnmanagedType.LPUTF8Str)] string setting);
}
