namespace HalfOpen.Linux.Processes;

/// <summary>
/// The PID namespace of this process: whether process ids that the kernel tells are ours to use. Thread-safe: no state.
/// </summary>
public static class ProcessNamespace
{
    /// <summary>Inode of the machine's own (PROC_PID_INIT_INO of linux/proc_ns.h).</summary>
    private const ulong InitialInode = 0xEFFFFFFC;

    private const string Link = "/proc/self/ns/pid";

    /// <summary>Device and inode by which BPF knows it; null where /proc does not say.</summary>
    public static InodeIdentity? Identity => InodeIdentity.Of(Link);

    /// <summary>Whether it is the machine's own; taken for granted where /proc does not say.</summary>
    public static bool IsInitial => Identity is not { } identity || identity.Inode == InitialInode;
}
