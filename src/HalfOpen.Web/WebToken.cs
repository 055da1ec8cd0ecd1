using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace HalfOpen.Web;

/// <summary>
/// What the link contains so that other users of this machine, and pages of other sites, cannot read: 128 random bits
/// as 32 lower-case hex digits. Immutable, thread-safe. Not a record: nothing prints it by accident.
/// </summary>
public sealed class WebToken
{
    /// <summary>Characters of a token.</summary>
    public const int Length = 32;

    private readonly byte[] _text;

    private WebToken(string text) => _text = Encoding.ASCII.GetBytes(text);

    /// <summary>A new one, from the system's source of randomness.</summary>
    public static WebToken New() => new(RandomNumberGenerator.GetHexString(Length, lowercase: true));

    /// <summary>One that was kept; anything but 32 lower-case hex digits is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out WebToken? token)
    {
        token = text.Length == Length && text.All(c => char.IsAsciiHexDigitLower(c) || char.IsAsciiDigit(c)) ? new WebToken(text) : null;
        return token is not null;
    }

    /// <summary>For the link, and for keeping.</summary>
    public string Reveal() => Encoding.ASCII.GetString(_text);

    /// <summary>Takes the same time whatever was guessed right.</summary>
    internal bool Is(ReadOnlySpan<char> guess)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return guess.Length == Length && Encoding.ASCII.TryGetBytes(guess, bytes, out var written) && written == Length
            && CryptographicOperations.FixedTimeEquals(bytes, _text);
    }
}
