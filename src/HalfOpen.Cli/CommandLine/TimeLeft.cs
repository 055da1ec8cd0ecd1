namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// How long a job will still take, from how long its part so far took. Says nothing before a twentieth is done: it
/// would be a guess. Not thread-safe.
/// </summary>
internal sealed class TimeLeft(TimeProvider clock)
{
    private const double Least = 0.05;
    private readonly long _began = clock.GetTimestamp();

    /// <param name="share">Done, 0 to 1.</param>
    /// <returns>"12 s left", "3 min left"; empty: unknown or over.</returns>
    public string Words(double share)
    {
        if (share is not (>= Least and < 1))
        {
            return "";
        }

        var seconds = clock.GetElapsedTime(_began).TotalSeconds * (1 - share) / share;
        return seconds < 100 ? $"{Math.Ceiling(seconds):0} s left" : $"{Math.Ceiling(seconds / 60):0} min left";
    }
}
