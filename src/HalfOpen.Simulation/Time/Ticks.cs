namespace HalfOpen.Simulation.Time;

/// <summary>Virtual time is a count of 100 ns ticks from the start of the world; people write seconds.</summary>
internal static class Ticks
{
    public const long PerSecond = TimeSpan.TicksPerSecond;
    public const long PerMillisecond = TimeSpan.TicksPerMillisecond;

    /// <summary>Seconds to ticks, rounded to the nearest.</summary>
    public static long FromSeconds(double seconds) => (long)Math.Round(seconds * PerSecond);

    public static double ToSeconds(long ticks) => (double)ticks / PerSecond;
}
