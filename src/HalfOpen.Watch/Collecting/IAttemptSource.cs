using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Collecting;

/// <summary>Where attempts are seen. The watch's thread only.</summary>
internal interface IAttemptSource : IDisposable
{
    /// <summary>What it is, for people.</summary>
    WatchSource Description { get; }

    /// <summary>More happened than could be read.</summary>
    bool HasLost { get; }

    /// <summary>Tells the model what is half-open as the watch begins.</summary>
    void Begin(WatchModel model);

    /// <summary>Waits a while, at most so long, and tells the model what happened.</summary>
    void Take(WatchModel model, TimeSpan most);
}
