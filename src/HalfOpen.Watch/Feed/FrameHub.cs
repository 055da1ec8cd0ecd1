using System.Runtime.CompilerServices;
using System.Threading.Channels;
using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Feed;

/// <summary>Hands each frame to all readers. Thread-safe.</summary>
public sealed class FrameHub : IWatchFeed
{
    private readonly Lock _lock = new();
    private readonly List<Channel<WatchFrame>> _readers = [];
    private WatchFrame? _latest;
    private bool _isOver;
    private Exception? _problem;

    public WatchFrame? Latest
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

    /// <summary>A new frame. After <see cref="End"/> nothing happens.</summary>
    public void Publish(WatchFrame frame)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _latest = frame;
                _readers.ForEach(r => r.Writer.TryWrite(frame));
            }
        }
    }

    /// <summary>There will be no more frames.</summary>
    /// <param name="problem">Why; readers get it as an exception after the last frame. Null: it was wanted.</param>
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

    public async IAsyncEnumerable<WatchFrame> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        // One place: a newer frame takes that of an older one.
        var channel = Channel.CreateBounded<WatchFrame>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
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
            await foreach (var frame in channel.Reader.ReadAllAsync(cancellation))
            {
                yield return frame;
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
