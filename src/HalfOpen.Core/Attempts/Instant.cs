namespace HalfOpen.Core;

/// <summary>
/// A point on the host's monotonic clock, in units of 100 ns since an epoch of the host's choice. The engine never
/// reads a clock: it only compares and subtracts instants it was given. Immutable, thread-safe.
/// </summary>
/// <param name="Ticks">100 ns units; 0 or more.</param>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The host's epoch.</summary>
    public static Instant Zero => default;

    /// <summary>Milliseconds since the epoch, as in a replay file.</summary>
    public static Instant FromMilliseconds(long milliseconds) => new(milliseconds * TimeSpan.TicksPerMillisecond);

    /// <summary>Seconds since the epoch, rounded to 100 ns.</summary>
    public static Instant FromSeconds(double seconds) => new((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    public static Instant operator +(Instant instant, TimeSpan span) => new(instant.Ticks + span.Ticks);

    public static Instant operator -(Instant instant, TimeSpan span) => new(instant.Ticks - span.Ticks);

    public static TimeSpan operator -(Instant later, Instant earlier) => new(later.Ticks - earlier.Ticks);

    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    /// <summary>Seconds since the epoch with all seven digits.</summary>
    public override string ToString() => $"{Ticks / TimeSpan.TicksPerSecond}.{Math.Abs(Ticks % TimeSpan.TicksPerSecond):D7} s";
}
