using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Feed;

/// <summary>Frames as they come, for any number of readers. Thread-safe.</summary>
public interface IWatchFeed
{
    /// <summary>The newest frame; null before the first.</summary>
    WatchFrame? Latest { get; }

    /// <summary>
    /// The newest frame at once, if there is one, then each that follows, until the watch ends. A reader that is slower
    /// than the frames misses those in between and never gets an old one; it keeps nobody else waiting.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IAsyncEnumerable<WatchFrame> ReadAsync(CancellationToken cancellation = default);
}
