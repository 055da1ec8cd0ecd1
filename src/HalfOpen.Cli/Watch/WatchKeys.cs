using System.Text;

namespace HalfOpen.Cli.Watch;

/// <summary>What a key means.</summary>
internal enum WatchKey
{
    Character,
    Enter,
    Escape,
    Erase,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

/// <summary>
/// From the bytes of a terminal to keys: text as UTF-8, the sequences of xterm and its like for the others; sequences
/// that are not known are swallowed whole. A sequence that is cut off waits for its rest. Not thread-safe.
/// </summary>
internal sealed class WatchKeys
{
    private const byte Esc = 0x1b;
    private const int MaxSequence = 16;
    private readonly List<byte> _rest = [];

    /// <summary>Keys of these bytes, and of what was left before.</summary>
    /// <param name="isQuiet">Nothing more came for a while: an escape alone is the key of that name.</param>
    public IReadOnlyList<(WatchKey Key, Rune Character)> Read(ReadOnlySpan<byte> bytes, bool isQuiet)
    {
        _rest.AddRange(bytes);
        var keys = new List<(WatchKey, Rune)>();
        ReadOnlySpan<byte> left = [.. _rest];
        while (left.Length > 0)
        {
            var (used, key, character) = left[0] == Esc ? Sequence(left, isQuiet) : Plain(left, isQuiet);
            if (used == 0)
            {
                break;
            }

            if (key is { } known)
            {
                keys.Add((known, character));
            }

            left = left[used..];
        }

        _rest.Clear();
        _rest.AddRange(left);
        return keys;
    }

    /// <summary>An escape sequence that is not whole yet.</summary>
    public bool IsWaiting => _rest.Count > 0;

    private static (int Used, WatchKey? Key, Rune Character) Plain(ReadOnlySpan<byte> left, bool isQuiet)
    {
        switch (left[0])
        {
            case (byte)'\r' or (byte)'\n':
                return (1, WatchKey.Enter, default);
            case 0x7f or 0x08:
                return (1, WatchKey.Erase, default);
            case < 0x20:
                return (1, null, default);
        }

        var status = Rune.DecodeFromUtf8(left, out var rune, out var used);
        return status == System.Buffers.OperationStatus.NeedMoreData && !isQuiet ? (0, null, default)
            : (used, status == System.Buffers.OperationStatus.Done ? WatchKey.Character : null, rune);
    }

    /// <summary>ESC [ parameters final, or ESC O final.</summary>
    private static (int Used, WatchKey? Key, Rune Character) Sequence(ReadOnlySpan<byte> left, bool isQuiet)
    {
        if (left.Length == 1)
        {
            return isQuiet ? (1, WatchKey.Escape, default) : default;
        }

        if (left[1] is not ((byte)'[' or (byte)'O'))
        {
            return (1, WatchKey.Escape, default);
        }

        for (var i = 2; i < Math.Min(left.Length, MaxSequence); i++)
        {
            if (left[i] is >= 0x40 and <= 0x7e)
            {
                return (i + 1, Known(left[2..i], left[i]), default);
            }
        }

        return isQuiet || left.Length >= MaxSequence ? (left.Length, null, default) : default;
    }

    private static WatchKey? Known(ReadOnlySpan<byte> parameters, byte final) => (char)final switch
    {
        'A' => WatchKey.Up,
        'B' => WatchKey.Down,
        'C' => WatchKey.Right,
        'D' => WatchKey.Left,
        'H' => WatchKey.Home,
        'F' => WatchKey.End,
        '~' => parameters switch
        {
            [(byte)'1'] or [(byte)'7'] => WatchKey.Home,
            [(byte)'4'] or [(byte)'8'] => WatchKey.End,
            [(byte)'5'] => WatchKey.PageUp,
            [(byte)'6'] => WatchKey.PageDown,
            _ => null,
        },
        _ => null,
    };
}
