namespace HalfOpen.Watch.Feed;

/// <summary>Pictures as they come, for any number of readers. Thread-safe.</summary>
/// <typeparam name="T">Immutable.</typeparam>
public interface IFeed<out T>
    where T : class
{
    /// <summary>The newest one; null before the first.</summary>
    T? Latest { get; }

    /// <summary>
    /// The newest at once, if there is one, then each that follows, until there are no more. A reader that is slower
    /// than they come misses those in between and never gets an old one; it keeps nobody else waiting.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IAsyncEnumerable<T> ReadAsync(CancellationToken cancellation = default);
}
