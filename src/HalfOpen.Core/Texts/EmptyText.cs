using System.Buffers;

namespace HalfOpen.Core;

/// <summary>
/// Tells an input with nothing in it from one that is wrong: whoever gave it looks for the mistake elsewhere then.
/// Thread-safe: no state.
/// </summary>
public static class EmptyText
{
    /// <summary>Follows the name of an input of no bytes.</summary>
    public const string Empty = "is empty";

    /// <summary>Follows the name of an input of spaces, tabs and line ends.</summary>
    public const string Blank = "holds nothing but blanks";

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n\v\f"u8);

    /// <summary>
    /// What follows the name of the input in a sentence; null: something stands in it. The byte order mark of UTF-8 is
    /// nothing.
    /// </summary>
    public static string? Of(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        return rest.IsEmpty ? Empty : rest.ContainsAnyExcept(Blanks) ? null : Blank;
    }
}
