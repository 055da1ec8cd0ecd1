using System.Buffers;
using System.Text;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// Names of Linux as strings and back, without loss: Linux keeps names as bytes, and a name on somebody's disk need not
/// be UTF-8. A byte that is no part of UTF-8 becomes the lone low surrogate U+DC80..U+DCFF that ends in it, which no
/// UTF-8 gives; so no two names share a string. Python calls this surrogateescape. Thread-safe.
/// </summary>
public static class LinuxName
{
    private const char Escape = '\uDC00';

    /// <summary>The string of a name or path. Any bytes have one.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                length = 1; // one byte at a time: what follows a bad byte may be good
                text.Append((char)(Escape + bytes[0]));
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>
    /// The bytes of a name or path, with the zero byte that ends it for the system; null when no name of Linux has this
    /// string.
    /// </summary>
    public static byte[]? Encode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length) + 1];
        var used = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) == OperationStatus.Done)
            {
                if (rune.Value == 0)
                {
                    return null;
                }

                used += rune.EncodeToUtf8(bytes.AsSpan(used));
            }
            else if (IsEscape(text[0]))
            {
                length = 1;
                bytes[used++] = (byte)(text[0] - Escape);
            }
            else
            {
                return null;
            }

            text = text[length..];
        }

        return bytes[..(used + 1)];
    }

    /// <summary>Whether every byte of the name is part of UTF-8, so that the string is all there is to it.</summary>
    public static bool IsUtf8(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            text = text[length..];
        }

        return true;
    }

    /// <summary>Whether a lone surrogate stands for a byte.</summary>
    internal static bool IsEscape(char c) => c is >= '\uDC80' and <= '\uDCFF';

    /// <summary>The byte that a lone surrogate stands for.</summary>
    internal static byte ByteOf(char escape) => (byte)(escape - Escape);
}
