using System.Runtime.InteropServices;

namespace HalfOpen.Linux;

/// <summary>
/// The size of a terminal as the kernel knows it (ioctl_tty(2)). <see cref="Console"/> would first put the terminal
/// into the mode of an editor. Thread-safe: no state.
/// </summary>
public static partial class TerminalSize
{
    private const nuint GetWindowSize = 0x5413; // TIOCGWINSZ

    /// <summary>
    /// Columns of the terminal at <paramref name="descriptor"/>; null when it is none, or does not know.
    /// </summary>
    public static int? Columns(int descriptor) => Read(descriptor) is { Columns: > 0 } size ? size.Columns : null;

    /// <summary>Columns and rows; null when it is no terminal, or does not know.</summary>
    public static (int Columns, int Rows)? Both(int descriptor) =>
        Read(descriptor) is { Columns: > 0, Rows: > 0 } size ? (size.Columns, size.Rows) : null;

    private static WindowSize? Read(int descriptor)
    {
        var size = default(WindowSize);
        return IoControl(descriptor, GetWindowSize, ref size) == 0 ? size : null;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoControl(int descriptor, nuint request, ref WindowSize size);

    /// <summary>struct winsize of Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows, Columns, PixelsAcross, PixelsDown;
    }
}
