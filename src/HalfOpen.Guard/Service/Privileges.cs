using HalfOpen.Linux;

namespace HalfOpen.Guard.Service;

/// <summary>
/// What a guard gives up of root's rights (docs/decisions/0064). Without effect where the kernel does not take part.
/// </summary>
public static class Privileges
{
    /// <summary>
    /// linux/capability.h; the same as in packaging/halfopen-guard.service, which says what each is for.
    /// </summary>
    private static readonly (string Name, int Number)[] Kept =
        [("CAP_CHOWN", 0), ("CAP_DAC_READ_SEARCH", 2), ("CAP_NET_ADMIN", 12), ("CAP_NET_RAW", 13), ("CAP_SYS_PTRACE", 19),
            ("CAP_PERFMON", 38), ("CAP_BPF", 39)];

    /// <summary>Names of the capabilities that a guard keeps.</summary>
    public static IEnumerable<string> KeptCapabilities => Kept.Select(k => k.Name);

    /// <summary>
    /// After set-up: drops all other capabilities in the calling thread, and so in all threads and processes that it
    /// starts from now on. Threads that the runtime started before keep theirs: <see cref="Fence"/> is for them.
    /// </summary>
    /// <returns>Whether it was done.</returns>
    public static bool DropCapabilities() => Capabilities.KeepOnly(Kept.Select(k => k.Number));

    /// <summary>
    /// After set-up: no new privileges, and system calls that a guard never needs again (mount, ptrace, bpf, setuid,
    /// kernel modules, ...) are refused, in all threads of this process and in its children. Cannot be undone.
    /// </summary>
    /// <returns>Whether it was done.</returns>
    public static bool Fence() => SystemCallFence.PutUp();
}
