using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Feed;

/// <summary>Frames of a watch as they come. Thread-safe.</summary>
public interface IWatchFeed : IFeed<WatchFrame>;
