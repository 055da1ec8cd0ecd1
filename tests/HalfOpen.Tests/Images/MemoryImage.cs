using HalfOpen.Images;

namespace HalfOpen.Tests.Images;

/// <summary>Bytes in memory, and how many of them were read.</summary>
internal sealed class MemorySource(byte[] bytes) : ByteSource
{
    public override long Length => bytes.Length;

    public long BytesRead { get; private set; }

    protected override void ReadCore(long offset, Span<byte> into)
    {
        BytesRead += into.Length;
        bytes.AsSpan((int)offset, into.Length).CopyTo(into);
    }
}

/// <summary>The files of an image in memory.</summary>
internal sealed class MemoryImage(string name, Dictionary<string, byte[]> files) : IImageFiles
{
    private readonly Dictionary<string, ByteSource> _open = files.ToDictionary(f => f.Key, f =>
        (ByteSource)new MemorySource(f.Value), StringComparer.Ordinal);

    public MemoryImage(string name, byte[] bytes)
        : this(name, new Dictionary<string, byte[]> { [name] = bytes })
    {
    }

    public string Name => name;

    public ByteSource Main => _open[name];

    public ByteSource? Open(string other) => _open.GetValueOrDefault(other);
}
