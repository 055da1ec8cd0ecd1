using HalfOpen.Images;

namespace HalfOpen.Media.Sources;

/// <summary>
/// Another source whose reader can be told to stop, and whose reading can be watched: for long copies. Not thread-safe.
/// </summary>
/// <param name="inner">The bytes.</param>
/// <param name="onRead">Told how many bytes were read so far, repeated ones included.</param>
/// <param name="cancellation">Ends the next read.</param>
public sealed class WatchedSource(ByteSource inner, Action<long>? onRead, CancellationToken cancellation) : ByteSource
{
    private long _read;

    public override long Length => inner.Length;

    /// <exception cref="OperationCanceledException">It was ended.</exception>
    protected override void ReadCore(long offset, Span<byte> into)
    {
        cancellation.ThrowIfCancellationRequested();
        inner.Read(offset, into);
        _read += into.Length;
        onRead?.Invoke(_read);
    }
}
