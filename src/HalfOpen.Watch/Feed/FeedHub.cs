using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace HalfOpen.Watch.Feed;

/// <summary>Hands each picture to all readers. Thread-safe.</summary>
public class FeedHub<T> : IFeed<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly List<Channel<T>> _readers = [];
    private T? _latest;
    private bool _isOver;
    private Exception? _problem;

    public T? Latest
    {
        get
        {
            lock (_lock)
            {
                return _latest;
            }
        }
    }

    /// <summary>How many read now.</summary>
    public int Readers
    {
        get
        {
            lock (_lock)
            {
                return _readers.Count;
            }
        }
    }

    /// <summary>A new one. After <see cref="End"/> nothing happens.</summary>
    public void Publish(T picture)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _latest = picture;
                _readers.ForEach(r => r.Writer.TryWrite(picture));
            }
        }
    }

    /// <summary>There will be no more.</summary>
    /// <param name="problem">Why; readers get it as an exception after the last. Null: it was wanted.</param>
    public void End(Exception? problem = null)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                (_isOver, _problem) = (true, problem);
                _readers.ForEach(r => r.Writer.TryComplete(problem));
            }
        }
    }

    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        // One place: a newer one takes that of an older one.
        var channel = Channel.CreateBounded<T>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            if (_latest is not null)
            {
                channel.Writer.TryWrite(_latest);
            }

            if (_isOver)
            {
                channel.Writer.TryComplete(_problem);
            }

            _readers.Add(channel);
        }

        try
        {
            await foreach (var picture in channel.Reader.ReadAllAsync(cancellation))
            {
                yield return picture;
            }
        }
        finally
        {
            lock (_lock)
            {
                _readers.Remove(channel);
            }
        }
    }
}
