using System.Runtime.InteropServices;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>An open file or folder, closed when it is disposed; an advisory lock on it ends then too.</summary>
internal sealed class OpenFile : SafeHandle
{
    public OpenFile(int number)
        : base(-1, ownsHandle: true) => SetHandle(number);

    public int Number => (int)handle;

    public bool IsLocked { get; set; }

    public override bool IsInvalid => handle < 0;

    /// <summary>
    /// Closing alone would leave a lock to a child that this process has just forked, until the child executes its
    /// program.
    /// </summary>
    protected override bool ReleaseHandle() => (!IsLocked || Libc.Flock(Number, Libc.Unlock) == 0) & (Libc.Close(Number) == 0);
}
