namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// A duration that is always the same because a timer makes it, learned from its repetitions: how long the stack waits
/// for an answer, how long a program waits for its turn. Known only while the last eight agree within a fiftieth;
/// people do not, timers do.
/// </summary>
internal struct SteadyTime
{
    private const int Needed = 8;
    private long _value;
    private int _agreed;

    /// <summary>Ticks; 0: not known.</summary>
    public readonly long Value => _agreed >= Needed ? _value : 0;

    public void Record(long ticks)
    {
        if (Math.Abs(ticks - _value) <= _value / 50)
        {
            _agreed = Math.Min(_agreed + 1, Needed);
            return;
        }

        // One that differs is not yet another timer.
        _agreed = _agreed > 0 ? _agreed - 2 : _agreed;
        if (_agreed <= 0)
        {
            _agreed = 1;
            _value = ticks;
        }
    }
}
