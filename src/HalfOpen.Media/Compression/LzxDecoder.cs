using System.Buffers.Binary;
using HalfOpen.Images;

namespace HalfOpen.Media.Compression;

/// <summary>
/// LZX as it stands in cabinets: a window of 32 KB to 2 MB, three kinds of blocks, one frame of 32 KB in each data
/// block. Not thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// stream:  1 bit: x86 calls are translated?  32 bits: file size for that, only if so          then blocks
/// block:   3 bits kind   24 bits size unpacked
///   1 verbatim       lengths of main code and length code, then symbols
///   2 aligned        8 * 3 bits: the code for the low three bits of far offsets; then as verbatim
///   3 uncompressed   1 to 16 bits to the next word, three recent offsets (u32), bytes; if odd in number, one more
/// symbol:  0 to 255: this byte; else a match: (symbol - 256) / 8 is the offset's slot, % 8 the length - 2;
///          7 says that the length code goes on
/// </code>
/// A block may go on over frames; what is left of a 16-bit word at the end of a frame is not used. Matches end within
/// their frame. Source: Microsoft's published description of the format ([MS-PATCH] 2, the Cabinet SDK's LZX document).
/// </remarks>
internal sealed class LzxDecoder : IBlockDecoder
{
    internal const int FrameSize = 32 * 1024;
    internal const int MinWindowBits = 15, MaxWindowBits = 21;

    private const int Verbatim = 1, Aligned = 2, Uncompressed = 3;
    private const int PretreeSymbols = 20, LengthSymbols = 249, AlignedSymbols = 8, Literals = 256;
    private const int MinMatch = 2, LongLength = 7;

    /// <summary>Of each slot: the first offset, plus two (the recent three come first), and how many bits tell the
    /// offsets of a slot apart.</summary>
    private static readonly (int Base, int Bits)[] Slots = MakeSlots();

    /// <summary>Slots of windows of 15 to 21 bits.</summary>
    private static ReadOnlySpan<byte> SlotCounts => [30, 32, 34, 36, 38, 42, 50];

    private readonly byte[] _window;
    private readonly LzxCode _main;
    private readonly LzxCode _length = new(LengthSymbols);
    private readonly LzxCode _aligned = new(AlignedSymbols);
    private readonly LzxCode _pretree = new(PretreeSymbols);

    private (int A, int B, int C) _recent = (1, 1, 1);
    private int _place;
    private long _produced;
    private int _frame;
    private int _callFileSize;
    private int _kind, _left;
    private bool _hasPadByte;

    /// <param name="windowBits">15 to 21.</param>
    /// <exception cref="ImageProblemException">There is no such window.</exception>
    public LzxDecoder(int windowBits)
    {
        if (windowBits is < MinWindowBits or > MaxWindowBits)
        {
            throw new ImageProblemException($"LZX has no window of 2^{windowBits} bytes: the file is damaged.");
        }

        _window = new byte[1 << windowBits];
        _main = new LzxCode(Literals + (SlotCounts[windowBits - MinWindowBits] * 8));
    }

    internal static int SlotCount(int windowBits) => SlotCounts[windowBits - MinWindowBits];

    internal static (int Base, int Bits) Slot(int number) => Slots[number];

    public void Decode(ReadOnlySpan<byte> packed, Span<byte> unpacked)
    {
        if (_produced != (long)_frame * FrameSize)
        {
            throw new ImageProblemException("An LZX block follows one of less than 32 KB: the file is damaged.");
        }

        var bits = new LzxBitReader(packed);
        if (_frame == 0 && bits.Read(1) == 1)
        {
            _callFileSize = (int)bits.Read(16) << 16 | (int)bits.Read(16);
        }

        var start = _place;
        for (var done = 0; done < unpacked.Length;)
        {
            if (_left == 0)
            {
                BeginBlock(ref bits);
            }

            var count = Math.Min(_left, unpacked.Length - done);
            if (_kind == Uncompressed)
            {
                CopyBytes(ref bits, count);
            }
            else
            {
                DecodeSymbols(ref bits, count);
            }

            _left -= count;
            done += count;
            if (_left == 0 && _hasPadByte && bits.Remaining > 0)
            {
                bits.ReadBytes(1);
                _hasPadByte = false;
            }
        }

        // The window is a multiple of a frame: a frame never wraps around.
        _window.AsSpan(start, unpacked.Length).CopyTo(unpacked);
        LzxCallTranslator.Undo(unpacked, _frame, _callFileSize);
        _place &= _window.Length - 1;
        _produced += unpacked.Length;
        _frame++;
    }

    private static (int Base, int Bits)[] MakeSlots()
    {
        var slots = new (int, int)[50];
        var first = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            var bits = i < 4 ? 0 : Math.Min((i / 2) - 1, 17);
            slots[i] = (first, bits);
            first += 1 << bits;
        }

        return slots;
    }

    private void BeginBlock(ref LzxBitReader bits)
    {
        if (_hasPadByte)
        {
            bits.ReadBytes(1);
            _hasPadByte = false;
        }

        _kind = (int)bits.Read(3);
        _left = (int)bits.Read(8) << 16 | (int)bits.Read(16);
        if (_kind is < Verbatim or > Uncompressed || _left == 0)
        {
            throw new ImageProblemException("An LZX block is of no known kind: the file is damaged.");
        }

        if (_kind == Uncompressed)
        {
            bits.AlignForBytes();
            _recent = (ReadOffset(ref bits), ReadOffset(ref bits), ReadOffset(ref bits));
            _hasPadByte = _left % 2 == 1;
            return;
        }

        if (_kind == Aligned)
        {
            for (var i = 0; i < AlignedSymbols; i++)
            {
                _aligned.Lengths[i] = (byte)bits.Read(3);
            }

            _aligned.Build();
        }

        ReadLengths(ref bits, _main.Lengths.AsSpan(0, Literals));
        ReadLengths(ref bits, _main.Lengths.AsSpan(Literals));
        _main.Build();
        ReadLengths(ref bits, _length.Lengths);
        _length.Build();
    }

    /// <summary>Code lengths, as differences to those of the block before.</summary>
    private void ReadLengths(ref LzxBitReader bits, Span<byte> lengths)
    {
        for (var i = 0; i < PretreeSymbols; i++)
        {
            _pretree.Lengths[i] = (byte)bits.Read(4);
        }

        _pretree.Build();
        for (var i = 0; i < lengths.Length;)
        {
            var symbol = _pretree.Read(ref bits);
            var run = symbol switch { 17 => 4 + (int)bits.Read(4), 18 => 20 + (int)bits.Read(5), 19 => 4 + (int)bits.Read(1), _ => 1 };
            var difference = symbol == 19 ? _pretree.Read(ref bits) : symbol;
            if (run > lengths.Length - i || (symbol == 19 && difference > 16))
            {
                throw new ImageProblemException("An LZX code table goes on beyond its end: the file is damaged.");
            }

            var length = symbol is 17 or 18 ? (byte)0 : (byte)((lengths[i] - difference + 17) % 17);
            lengths.Slice(i, run).Fill(length);
            i += run;
        }
    }

    private void CopyBytes(ref LzxBitReader bits, int count)
    {
        bits.ReadBytes(count).CopyTo(_window.AsSpan(_place));
        _place += count;
    }

    private void DecodeSymbols(ref LzxBitReader bits, int count)
    {
        var end = _place + count;
        while (_place < end)
        {
            var symbol = _main.Read(ref bits);
            if (symbol < Literals)
            {
                _window[_place++] = (byte)symbol;
                continue;
            }

            symbol -= Literals;
            var length = (symbol & 7) + MinMatch;
            if ((symbol & 7) == LongLength)
            {
                length += _length.Read(ref bits);
            }

            var offset = ReadMatchOffset(ref bits, symbol >> 3);
            if (length > end - _place || offset <= 0 || offset > Math.Min(_window.Length, _produced + (_place & (FrameSize - 1))))
            {
                throw new ImageProblemException("An LZX match leads outside its block or its window: the file is damaged.");
            }

            CopyMatch(offset, length);
        }
    }

    private int ReadMatchOffset(ref LzxBitReader bits, int slot)
    {
        switch (slot)
        {
            case 0:
                return _recent.A;
            case 1:
                _recent = (_recent.B, _recent.A, _recent.C);
                return _recent.A;
            case 2:
                _recent = (_recent.C, _recent.B, _recent.A);
                return _recent.A;
        }

        var (first, extra) = Slots[slot];
        var offset = first - 2 + (_kind == Aligned && extra >= 3
            ? ((int)bits.Read(extra - 3) << 3) + _aligned.Read(ref bits)
            : (int)bits.Read(extra));
        _recent = (offset, _recent.A, _recent.B);
        return offset;
    }

    private void CopyMatch(int offset, int length)
    {
        var mask = _window.Length - 1;
        var from = (_place - offset) & mask;
        for (var i = 0; i < length; i++)
        {
            _window[_place++] = _window[(from + i) & mask];
        }
    }

    private static int ReadOffset(ref LzxBitReader bits) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bits.ReadBytes(4)) is var value and <= int.MaxValue
            ? (int)value
            : throw new ImageProblemException("An LZX block holds an impossible offset: the file is damaged.");
}
