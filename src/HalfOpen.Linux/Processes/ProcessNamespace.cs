namespace HalfOpen.Linux.Processes;

/// <summary>
/// The PID namespace of this process: whether process ids that the kernel tells are ours to use. Thread-safe: no state.
/// </summary>
public static class ProcessNamespace
{
    /// <summary>Inode of the machine's own (PROC_PID_INIT_INO of linux/proc_ns.h).</summary>
    private const ulong InitialInode = 0xEFFFFFFC;

    private const string Link = "/proc/self/ns/pid";

    /// <summary>Inode of the machine's own cgroup namespace (PROC_CGROUP_INIT_INO).</summary>
    private const ulong InitialCgroupInode = 0xEFFFFFFB;

    /// <summary>Device and inode by which BPF knows it; null where /proc does not say.</summary>
    public static InodeIdentity? Identity => InodeIdentity.Of(Link);

    /// <summary>Whether it is the machine's own; taken for granted where /proc does not say.</summary>
    public static bool IsInitial => Identity is not { } identity || identity.Inode == InitialInode;

    /// <summary>
    /// Whether paths of cgroups are told as the machine has them: not in a cgroup namespace of our own.
    /// </summary>
    public static bool SeesCgroupPaths =>
        InodeIdentity.Of("/proc/self/ns/cgroup") is not { } identity || identity.Inode == InitialCgroupInode;
}
