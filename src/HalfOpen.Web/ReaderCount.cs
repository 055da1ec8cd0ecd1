namespace HalfOpen.Web;

/// <summary>Pages that follow now, of all feeds of a server together, and how many may. Thread-safe.</summary>
internal sealed class ReaderCount(int most)
{
    private int _now;

    public int Most { get; } = most;

    public int Now => Volatile.Read(ref _now);

    /// <returns>False: there are enough.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _now) <= Most)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _now);
}
