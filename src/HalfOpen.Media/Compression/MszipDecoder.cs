using System.Buffers.Binary;
using System.IO.Compression;
using HalfOpen.Images;

namespace HalfOpen.Media.Compression;

/// <summary>
/// MSZIP ([MS-MCI]): each block is "CK" and a deflate stream (RFC 1951) that may refer to the 32 KB unpacked before it.
/// Not thread-safe.
/// </summary>
/// <remarks>
/// The framework's inflate takes no preset history. So each block is preceded by that history as one stored deflate
/// block, whose output is thrown away: 32 KB copied a block, and no inflate of our own.
/// </remarks>
internal sealed class MszipDecoder : IBlockDecoder
{
    internal const int HistorySize = 32 * 1024;
    private const int StoredHeader = 5;

    private readonly byte[] _history = new byte[HistorySize];
    private int _known;
    private byte[] _input = new byte[StoredHeader + HistorySize + (40 * 1024)];
    private readonly byte[] _discarded = new byte[HistorySize];

    public void Decode(ReadOnlySpan<byte> packed, Span<byte> unpacked)
    {
        if (packed.Length < 2 || packed[0] != (byte)'C' || packed[1] != (byte)'K')
        {
            throw new ImageProblemException("An MSZIP block does not begin with CK: the file is damaged.");
        }

        var length = Preload(packed[2..]);
        using var inflate = new DeflateStream(new MemoryStream(_input, 0, length, writable: false), CompressionMode.Decompress);
        try
        {
            if (inflate.ReadAtLeast(_discarded.AsSpan(0, _known), _known, throwOnEndOfStream: false) != _known
                || inflate.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false) != unpacked.Length
                || inflate.ReadByte() >= 0)
            {
                throw new ImageProblemException("An MSZIP block unpacks to another length than declared: the file is damaged.");
            }
        }
        catch (InvalidDataException e)
        {
            throw new ImageProblemException("An MSZIP block is no valid deflate stream: the file is damaged.", e);
        }

        Remember(unpacked);
    }

    /// <summary>History as a stored block (not the last), then the block's own stream.</summary>
    private int Preload(ReadOnlySpan<byte> deflated)
    {
        var offset = 0;
        if (_known > 0)
        {
            _input[0] = 0; // BFINAL 0, BTYPE 00, padded to the byte
            BinaryPrimitives.WriteUInt16LittleEndian(_input.AsSpan(1), (ushort)_known);
            BinaryPrimitives.WriteUInt16LittleEndian(_input.AsSpan(3), (ushort)(~_known & 0xFFFF));
            _history.AsSpan(HistorySize - _known).CopyTo(_input.AsSpan(StoredHeader));
            offset = StoredHeader + _known;
        }

        if (_input.Length < offset + deflated.Length)
        {
            Array.Resize(ref _input, offset + deflated.Length); // a block's length is a 16-bit field: 64 KB more at most
        }

        deflated.CopyTo(_input.AsSpan(offset));
        return offset + deflated.Length;
    }

    private void Remember(ReadOnlySpan<byte> unpacked)
    {
        var fresh = unpacked.Length > HistorySize ? unpacked[^HistorySize..] : unpacked;
        _history.AsSpan(fresh.Length).CopyTo(_history);
        fresh.CopyTo(_history.AsSpan(HistorySize - fresh.Length));
        _known = Math.Min(HistorySize, _known + fresh.Length);
    }
}
