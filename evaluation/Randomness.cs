using System.Globalization;
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
    public static Randomness Session() => new SeededRandomness(RandomNumberGenerator.GetBytes(32), hashCost: 4);

    /// <summary>Values that last as long as their seed is kept, and cannot be guessed without it.</summary>
    /// <param name="seed">At least 32 random bytes.</param>
    public static Randomness Lasting(byte[] seed) => new SeededRandomness(seed, hashCost: 10);

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

    // A session's hash costs the least: its password lives for minutes, and every request checks it.
    private sealed class SeededRandomness(byte[] seed, int hashCost) : Randomness
    {
        public override byte[] Bytes(string purpose, int count) => Derive(seed, purpose, count);

        public override (string Password, string BcryptHash) Password(string purpose, int length)
        {
            var password = Convert.ToHexStringLower(Bytes(purpose, (length + 1) / 2))[..length];
            return (password, Bcrypt.Hash(password, Bytes(purpose + " salt", 16), hashCost));
        }
    }
}

/// <summary>bcrypt by the system's libcrypt, which every Debian has.</summary>
internal static class Bcrypt
{
    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <param name="password">The password.</param>
    /// <param name="salt">16 random bytes.</param>
    /// <param name="cost">The base-2 logarithm of the rounds, 4 to 31.</param>
    public static string Hash(string password, ReadOnlySpan<byte> salt, int cost)
    {
        var setting = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"$2b${cost:00}$"));
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
