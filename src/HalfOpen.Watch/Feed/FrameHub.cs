using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Feed;

/// <summary>Hands each frame of a watch to all readers. Thread-safe.</summary>
public sealed class FrameHub : FeedHub<WatchFrame>, IWatchFeed;
