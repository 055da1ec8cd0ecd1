using HalfOpen.Images;

namespace HalfOpen.Media.Sources;

/// <summary>Bytes in memory. Thread-safe as long as nobody writes to them.</summary>
public sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override long Length => bytes.Length;

    protected override void ReadCore(long offset, Span<byte> into) => bytes.Span.Slice((int)offset, into.Length).CopyTo(into);
}
