using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Linux;

/// <summary>A file descriptor that closes itself.</summary>
public sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor()
        : base(ownsHandle: true)
    {
    }

    public Descriptor(int descriptor)
        : base(ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    /// <summary>The number, for structures that hold several. Valid while this object lives.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => Native.Close((int)handle) == 0;
}
