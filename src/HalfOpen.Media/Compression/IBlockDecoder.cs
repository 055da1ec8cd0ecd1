using HalfOpen.Images;

namespace HalfOpen.Media.Compression;

/// <summary>Unpacks the data blocks of one cabinet folder, first to last. Keeps what later blocks refer to; not
/// thread-safe.</summary>
internal interface IBlockDecoder
{
    /// <summary>Unpacks one block.</summary>
    /// <param name="packed">The block as it stands in the cabinet.</param>
    /// <param name="unpacked">Filled wholly: its length is what the cabinet declares, at most 32 KB.</param>
    /// <exception cref="ImageProblemException">The block is damaged, or does not give as many bytes.</exception>
    void Decode(ReadOnlySpan<byte> packed, Span<byte> unpacked);
}

/// <summary>Blocks that are not packed at all.</summary>
internal sealed class StoredDecoder : IBlockDecoder
{
    public void Decode(ReadOnlySpan<byte> packed, Span<byte> unpacked)
    {
        if (packed.Length != unpacked.Length)
        {
            throw new ImageProblemException("A stored block has two different lengths: the file is damaged.");
        }

        packed.CopyTo(unpacked);
    }
}
