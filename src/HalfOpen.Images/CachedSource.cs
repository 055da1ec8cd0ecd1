namespace HalfOpen.Images;

/// <summary>
/// Keeps the pages of a source that were read last, so that tables can be asked entry by entry. At most <see
/// cref="PageSize"/> times
/// <see cref="MaxPages"/> bytes (8 MiB). Not thread-safe.
/// </summary>
public sealed class CachedSource(ByteSource inner, int maxPages = CachedSource.MaxPages) : ByteSource
{
    /// <summary>Bytes. Small: a look into a table of a sparse image should not read a megabyte.</summary>
    public const int PageSize = 16 * 1024;

    /// <summary>Pages kept, unless a caller wants fewer.</summary>
    public const int MaxPages = 512;

    private readonly Dictionary<long, LinkedListNode<(long Number, byte[] Bytes)>> _pages = [];
    private readonly LinkedList<(long Number, byte[] Bytes)> _byUse = new();

    public override long Length => inner.Length;

    /// <summary>Forgets everything, for when the bytes below have changed.</summary>
    public void Clear()
    {
        _pages.Clear();
        _byUse.Clear();
    }

    protected override void ReadCore(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var within = (int)(offset % PageSize);
            var page = Page(offset / PageSize).AsSpan(within);
            var count = Math.Min(page.Length, into.Length);
            page[..count].CopyTo(into);
            into = into[count..];
            offset += count;
        }
    }

    private byte[] Page(long number)
    {
        if (_pages.TryGetValue(number, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Bytes;
        }

        var start = number * PageSize;
        var bytes = inner.Read(start, (int)Math.Min(PageSize, inner.Length - start));
        if (_pages.Count >= Math.Max(1, maxPages))
        {
            _pages.Remove(_byUse.Last!.Value.Number);
            _byUse.RemoveLast();
        }

        _pages[number] = _byUse.AddFirst((number, bytes));
        return bytes;
    }
}
