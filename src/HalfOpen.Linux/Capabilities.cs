namespace HalfOpen.Linux;

/// <summary>Root's rights in pieces (capabilities(7)). Thread-safe: no state.</summary>
public static class Capabilities
{
    private const uint Version3 = 0x20080522;

    /// <summary>
    /// Drops all capabilities but <paramref name="keep"/> in the calling thread, and so in all threads and processes
    /// that it starts from now on, which can gain no new ones either.
    /// </summary>
    /// <param name="keep">Numbers of linux/capability.h, 0 to 63.</param>
    /// <returns>Whether it was done.</returns>
    public static bool KeepOnly(IEnumerable<int> keep)
    {
        var mask = keep.Aggregate(0UL, (all, number) => all | (1UL << number));
        var (low, high) = ((uint)(mask & uint.MaxValue), (uint)(mask >> 32));
        var header = new Native.CapabilityHeader { Version = Version3 };
        if (Native.GetCapabilities(header, out var data) != 0)
        {
            return false;
        }

        data = new Native.CapabilityData
        {
            EffectiveLow = data.EffectiveLow & low,
            PermittedLow = data.PermittedLow & low,
            EffectiveHigh = data.EffectiveHigh & high,
            PermittedHigh = data.PermittedHigh & high,
        };

        // Without new privileges a child of root's gets no more than its parent had.
        return Native.SetCapabilities(header, data) == 0 && Native.Control(Native.SetNoNewPrivileges, 1, 0, 0, 0) == 0;
    }
}
