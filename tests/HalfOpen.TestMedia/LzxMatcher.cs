namespace HalfOpen.TestMedia;

/// <summary>One step of LZX: a literal (Length 1, Offset 0) or a match.</summary>
internal readonly record struct LzxToken(int Length, int Offset, byte Literal);

/// <summary>Greedy parsing with hash chains. Matches stay inside their frame and their block.</summary>
internal sealed class LzxMatcher(byte[] data, int window)
{
    private const int MinMatch = 2, MaxMatch = 257, Frame = 32768, Chain = 32;
    private readonly Dictionary<int, int> _heads = [];
    private readonly int[] _previous = new int[data.Length];
    private int _indexed;

    public List<LzxToken> Parse(int start, int end)
    {
        var tokens = new List<LzxToken>();
        for (var at = start; at < end;)
        {
            var limit = Math.Min(Math.Min(MaxMatch, end - at), Frame - (at % Frame));
            var (length, offset) = limit >= MinMatch ? Find(at, limit) : (0, 0);
            tokens.Add(length >= MinMatch ? new LzxToken(length, offset, 0) : new LzxToken(1, 0, data[at]));
            at += Math.Max(length, 1);
        }

        return tokens;
    }

    private (int Length, int Offset) Find(int at, int limit)
    {
        for (; _indexed < at; _indexed++)
        {
            Index(_indexed);
        }

        var (best, offset) = (0, 0);
        var candidate = at + 1 < data.Length && _heads.TryGetValue(Key(at), out var head) ? head : -1;
        for (var i = 0; i < Chain && candidate >= 0 && at - candidate <= window - 3; i++, candidate = _previous[candidate])
        {
            var length = 0;
            while (length < limit && data[candidate + length] == data[at + length])
            {
                length++;
            }

            // Short matches far away cost more than literals; a few are taken nevertheless, to exercise the far slots.
            if (length > best && (length > 2 || at - candidate < 4096 || at % 7 == 0))
            {
                (best, offset) = (length, at - candidate);
            }
        }

        return (best, offset);
    }

    private int Key(int at) => data[at] | (data[at + 1] << 8);

    private void Index(int at)
    {
        if (at + 1 < data.Length)
        {
            _previous[at] = _heads.TryGetValue(Key(at), out var head) ? head : -1;
            _heads[Key(at)] = at;
        }
    }
}
