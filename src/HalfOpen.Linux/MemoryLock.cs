namespace HalfOpen.Linux;

/// <summary>
/// Memory of BPF maps counts as locked memory before Linux 5.11, and the usual 64 kB do not hold a ring buffer (EPERM).
/// </summary>
internal static class MemoryLock
{
    private const int ResourceLockedMemory = 8;

    /// <summary>Enough for the maps of a guard.</summary>
    private const ulong Wanted = 64 << 20;

    /// <summary>Raises this process's limit as far as it may; never fails: who needs it finds out.</summary>
    public static void Raise()
    {
        if (Native.GetLimit(ResourceLockedMemory, out var limit) != 0 || limit.Soft >= Wanted)
        {
            return;
        }

        if (Native.SetLimit(ResourceLockedMemory, new Native.ResourceLimit { Soft = Wanted, Hard = Math.Max(Wanted, limit.Hard) }) != 0)
        {
            _ = Native.SetLimit(ResourceLockedMemory, limit with { Soft = Math.Min(Wanted, limit.Hard) });
        }
    }
}
