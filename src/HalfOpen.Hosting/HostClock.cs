using HalfOpen.Core;

namespace HalfOpen.Hosting;

/// <summary>
/// The time that a host tells its engine: monotonic, in ticks of 100 ns since an arbitrary beginning, so that a change
/// of the machine's clock moves no deadline. Immutable; thread-safe as its provider is.
/// </summary>
/// <param name="time">Where it comes from; tests bring their own.</param>
public sealed class HostClock(TimeProvider time)
{
    /// <summary>That of this machine.</summary>
    public static HostClock System { get; } = new(TimeProvider.System);

    /// <summary>Now.</summary>
    public Instant Now => new(time.GetElapsedTime(0).Ticks);
}
