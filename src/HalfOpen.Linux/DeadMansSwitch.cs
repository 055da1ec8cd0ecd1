namespace HalfOpen.Linux;

/// <summary>
/// Has the kernel kill this process when nobody calls <see cref="Hold"/> for a while: a POSIX timer whose signal is
/// SIGKILL, which a stopped process cannot put off either. With a guard gone its rules bypass, so connections work
/// again. The clock stands while the machine sleeps. Not thread-safe.
/// </summary>
public sealed unsafe class DeadMansSwitch : IDisposable
{
    private readonly nint _timer;
    private readonly bool _exists;
    private readonly TimeSpan _after;

    /// <summary>
    /// Made released: nothing happens before the first <see cref="Hold"/>. A machine without such timers goes on
    /// without.
    /// </summary>
    /// <param name="after">Time without <see cref="Hold"/> that kills, at least 1 ms.</param>
    public DeadMansSwitch(TimeSpan after)
    {
        _after = after;
        var how = new Native.SignalEvent { Signal = Native.SignalKill }; // Notify 0 is SIGEV_SIGNAL
        _exists = Native.TimerCreate(Native.ClockMonotonic, how, out _timer) == 0;
    }

    /// <summary>All is well: count anew.</summary>
    public void Hold() => Set(_after);

    /// <summary>Nobody is killed until the next <see cref="Hold"/>.</summary>
    public void Release() => Set(TimeSpan.Zero);

    /// <summary>Releases it for good.</summary>
    public void Dispose()
    {
        if (_exists)
        {
            _ = Native.TimerDelete(_timer);
        }
    }

    private void Set(TimeSpan after)
    {
        if (_exists)
        {
            var value = new Native.TimeSpec
                { Seconds = after.Ticks / TimeSpan.TicksPerSecond, Nanoseconds = after.Ticks % TimeSpan.TicksPerSecond * 100 };
            _ = Native.TimerSet(_timer, 0, new Native.TimerSpec { Value = value }, null);
        }
    }
}
