namespace HalfOpen.Linux;

/// <summary>
/// Waits until one of a few descriptors can be read, or until time is up (ppoll(2)). Allocates nothing per wait. Not
/// thread-safe.
/// </summary>
public sealed unsafe class Waiter
{
    private readonly Native.PollDescriptor[] _waits;

    /// <param name="descriptors">Their numbers; valid while this object is in use.</param>
    public Waiter(params ReadOnlySpan<int> descriptors)
    {
        _waits = new Native.PollDescriptor[descriptors.Length];
        for (var i = 0; i < descriptors.Length; i++)
        {
            _waits[i] = new Native.PollDescriptor { Descriptor = descriptors[i], Events = Native.PollIn };
        }
    }

    /// <summary>
    /// Returns when something can be read, when <paramref name="ticks"/> (of 100 ns; negative counts as 0) have passed,
    /// or when a signal came.
    /// </summary>
    public void Wait(long ticks)
    {
        var left = Math.Max(0, ticks);
        var timeout = new Native.TimeSpec
        {
            Seconds = left / TimeSpan.TicksPerSecond,
            Nanoseconds = left % TimeSpan.TicksPerSecond * 100,
        };
        fixed (Native.PollDescriptor* waits = _waits)
        {
            if (Native.Poll(waits, (nuint)_waits.Length, &timeout, null) < 0)
            {
                foreach (ref var wait in _waits.AsSpan())
                {
                    wait.Returned = 0; // interrupted: nothing is known
                }
            }
        }
    }

    /// <summary>
    /// Whether a descriptor, by its place in the constructor's list, could be read at the end of the last wait.
    /// </summary>
    public bool IsReadable(int place) => _waits[place].Returned != 0;
}

/// <summary>Wakes a <see cref="Waiter"/> from any thread (eventfd(2)).</summary>
public sealed unsafe class Bell : IDisposable
{
    private readonly Descriptor _descriptor = new(Native.EventDescriptor(0, Native.CloseOnExec | Native.NonBlocking));

    /// <summary>The descriptor to wait for.</summary>
    public int Number => _descriptor.Number;

    /// <summary>Wakes whoever waits, now or at the next wait. Any thread.</summary>
    public void Ring()
    {
        ulong one = 1;
        _ = Native.Write(Number, &one, sizeof(ulong));
    }

    /// <summary>Makes it silent again. The waiting thread.</summary>
    public void Hush()
    {
        ulong count;
        _ = Native.Read(Number, &count, sizeof(ulong));
    }

    public void Dispose() => _descriptor.Dispose();
}
