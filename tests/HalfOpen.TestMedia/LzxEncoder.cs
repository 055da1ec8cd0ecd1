using System.Buffers.Binary;

namespace HalfOpen.TestMedia;

/// <summary>What an LZX stream is to look like.</summary>
/// <param name="WindowBits">15 to 21.</param>
/// <param name="Seed">Chooses block kinds and sizes where they are not given.</param>
/// <param name="CallFileSize">0: calls are not translated.</param>
/// <param name="OnlyKind">1 verbatim, 2 aligned, 3 uncompressed; 0: mixed.</param>
public sealed record LzxStreamOptions(int WindowBits, int Seed, int CallFileSize = 0, int OnlyKind = 0);

/// <summary>
/// An LZX compressor for tests: real blocks of all three kinds and any length, so that the decoder is tested against
/// streams that it did not make, and those against other decoders (cabextract, 7z). Slow and greedy.
/// </summary>
public sealed class LzxEncoder
{
    private const int Frame = 32768, Verbatim = 1, Aligned = 2, Uncompressed = 3;

    private readonly LzxStreamOptions _options;
    private readonly Random _random;
    private readonly byte[] _data;
    private readonly LzxMatcher _matcher;
    private readonly LzxBitWriter _out = new();
    private readonly List<byte[]> _frames = [];
    private readonly byte[] _mainLengths;
    private readonly byte[] _lengthLengths = new byte[249];
    private readonly List<(int Base, int Bits)> _slots = [];
    private int[] _recent = [1, 1, 1];
    private int _done;

    private LzxEncoder(byte[] data, LzxStreamOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _data = (byte[])data.Clone();
        TranslateCalls();
        _matcher = new LzxMatcher(_data, 1 << options.WindowBits);
        int[] counts = [30, 32, 34, 36, 38, 42, 50];
        for (var (i, first) = (0, 0); i < counts[options.WindowBits - 15]; i++)
        {
            var bits = i < 4 ? 0 : Math.Min((i / 2) - 1, 17);
            _slots.Add((first, bits));
            first += 1 << bits;
        }

        _mainLengths = new byte[256 + (_slots.Count * 8)];
    }

    /// <summary>Data blocks of 32 KB each, the last of what is left.</summary>
    public static IReadOnlyList<byte[]> Encode(byte[] data, LzxStreamOptions options) => new LzxEncoder(data, options).Run();

    private List<byte[]> Run()
    {
        _out.Write(_options.CallFileSize == 0 ? 0u : 1u, 1);
        if (_options.CallFileSize != 0)
        {
            _out.Write((uint)_options.CallFileSize, 32);
        }

        for (var start = 0; start < _data.Length;)
        {
            var (least, most) = _random.Next(4) switch { 0 => (1, 300), 1 => (1, 20_000), _ => (20_000, 100_000) };
            var size = _random.Next(least, most);
            var end = Math.Min(_data.Length, start + size);
            var kind = _options.OnlyKind == 0 ? _random.Next(1, 4) : _options.OnlyKind;
            _out.Write((uint)kind, 3);
            _out.Write((uint)(end - start), 24);
            if (kind == Uncompressed)
            {
                WriteBytes(start, end);
            }
            else
            {
                WriteSymbols(kind, _matcher.Parse(start, end));
            }

            start = end;
        }

        if (_done % Frame != 0)
        {
            _frames.Add(_out.TakeFrame());
        }

        return _frames;
    }

    private void WriteBytes(int start, int end)
    {
        _out.Write(0, 1); // 1 to 16 bits
        _out.Align();
        var offsets = new byte[12];
        for (var i = 0; i < 3; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(offsets.AsSpan(4 * i), _recent[i]);
        }

        _out.Bytes(offsets);
        for (var at = start; at < end; at++)
        {
            _out.Bytes(_data[at]);
            if (at == end - 1 && (end - start) % 2 == 1)
            {
                _out.Bytes(0);
            }

            Advance(1);
        }
    }

    private void WriteSymbols(int kind, List<LzxToken> tokens)
    {
        // Symbols first: the recent offsets decide what a match is called, and the codes follow from what is used.
        var symbols = tokens.ConvertAll(Symbol);
        var mainCounts = new int[_mainLengths.Length];
        var lengthCounts = new int[249];
        var alignedCounts = new int[8];
        foreach (var s in symbols)
        {
            mainCounts[s.Main]++;
            if (s.Length >= 0)
            {
                lengthCounts[s.Length]++;
            }

            if (s.Bits >= 3)
            {
                alignedCounts[s.Extra & 7]++;
            }
        }

        // Decoders want a complete code, even if nothing is aligned.
        var alignedLengths = alignedCounts.Any(c => c > 0) ? HuffmanLengths.Of(alignedCounts, 7) : [3, 3, 3, 3, 3, 3, 3, 3];
        if (kind == Aligned)
        {
            foreach (var length in alignedLengths)
            {
                _out.Write(length, 3);
            }
        }

        var main = HuffmanLengths.Of(mainCounts, 16);
        var lengths = lengthCounts.Any(c => c > 0) ? HuffmanLengths.Of(lengthCounts, 16) : new byte[249];
        WriteLengths(main.AsSpan(0, 256), _mainLengths.AsSpan(0, 256));
        WriteLengths(main.AsSpan(256), _mainLengths.AsSpan(256));
        WriteLengths(lengths, _lengthLengths);
        var (mainCodes, lengthCodes) = (HuffmanLengths.Codes(main), HuffmanLengths.Codes(lengths));
        var alignedCodes = HuffmanLengths.Codes(alignedLengths);
        foreach (var (i, s) in symbols.Index())
        {
            _out.Write((uint)mainCodes[s.Main], main[s.Main]);
            if (s.Length >= 0)
            {
                _out.Write((uint)lengthCodes[s.Length], lengths[s.Length]);
            }

            if (kind == Aligned && s.Bits >= 3)
            {
                _out.Write((uint)s.Extra >> 3, s.Bits - 3);
                _out.Write((uint)alignedCodes[s.Extra & 7], alignedLengths[s.Extra & 7]);
            }
            else
            {
                _out.Write((uint)s.Extra, s.Bits);
            }

            Advance(tokens[i].Length);
        }
    }

    private (int Main, int Length, int Extra, int Bits) Symbol(LzxToken token)
    {
        if (token.Offset == 0)
        {
            return (token.Literal, -1, 0, 0);
        }

        var (slot, extra) = (Array.IndexOf(_recent, token.Offset), 0);
        if (slot >= 0)
        {
            (_recent[0], _recent[slot]) = (_recent[slot], _recent[0]);
        }
        else
        {
            slot = _slots.FindLastIndex(s => s.Base <= token.Offset + 2);
            extra = token.Offset + 2 - _slots[slot].Base;
            _recent = [token.Offset, _recent[0], _recent[1]];
        }

        var header = Math.Min(token.Length - 2, 7);
        return (256 + (slot * 8) + header, header == 7 ? token.Length - 9 : -1, extra, slot < 3 ? 0 : _slots[slot].Bits);
    }

    /// <summary>As differences to the block before, with runs.</summary>
    private void WriteLengths(ReadOnlySpan<byte> wanted, Span<byte> before)
    {
        var symbols = new List<(int Symbol, uint Extra, int Bits)>();
        for (var i = 0; i < wanted.Length;)
        {
            var run = 1;
            while (i + run < wanted.Length && wanted[i + run] == wanted[i])
            {
                run++;
            }

            var difference = (before[i] - wanted[i] + 17) % 17;
            var taken = 1;
            if (wanted[i] == 0 && run >= 20)
            {
                taken = Math.Min(run, 51);
                symbols.Add((18, (uint)taken - 20, 5));
            }
            else if (wanted[i] == 0 && run >= 4)
            {
                taken = Math.Min(run, 19);
                symbols.Add((17, (uint)taken - 4, 4));
            }
            else if (run >= 4)
            {
                taken = Math.Min(run, 5);
                symbols.Add((19, (uint)taken - 4, 1));
                symbols.Add((difference, 0, 0));
            }
            else
            {
                symbols.Add((difference, 0, 0));
            }

            i += taken;
        }

        wanted.CopyTo(before);
        var counts = new int[20];
        symbols.ForEach(s => counts[s.Symbol]++);
        var lengths = HuffmanLengths.Of(counts, 15);
        var codes = HuffmanLengths.Codes(lengths);
        foreach (var length in lengths)
        {
            _out.Write(length, 4);
        }

        foreach (var (symbol, extra, bits) in symbols)
        {
            _out.Write((uint)codes[symbol], lengths[symbol]);
            _out.Write(extra, bits);
        }
    }

    private void Advance(int count)
    {
        _done += count;
        if (_done % Frame == 0)
        {
            _frames.Add(_out.TakeFrame());
        }
    }

    private void TranslateCalls()
    {
        var size = _options.CallFileSize;
        for (var frame = 0; size != 0 && frame < _data.Length; frame += Frame)
        {
            var end = Math.Min(frame + Frame, _data.Length) - 10;
            for (var i = frame; i < end; i++)
            {
                if (_data[i] != 0xE8)
                {
                    continue;
                }

                var operand = _data.AsSpan(i + 1, 4);
                long relative = BinaryPrimitives.ReadInt32LittleEndian(operand);
                if (relative >= -i && relative < size)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(operand, (int)(relative < size - i ? relative + i : relative - size));
                }

                i += 4;
            }
        }
    }
}
