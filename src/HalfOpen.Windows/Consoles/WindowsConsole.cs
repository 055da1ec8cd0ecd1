using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HalfOpen.Windows.Consoles;

/// <summary>The window of a console program on Windows. Thread-safe: nothing is kept.</summary>
[SupportedOSPlatform("windows")]
public static partial class WindowsConsole
{
    private const int StandardOutput = -11, StandardError = -12;
    private const uint EscapeSequences = 0x4; // ENABLE_VIRTUAL_TERMINAL_PROCESSING, since Windows 10
    private const uint Utf8 = 65001;

    /// <summary>Makes the window show UTF-8 and colours. It stays so when the program ends, as with other
    /// programs.</summary>
    /// <returns>Whether escape sequences are understood; false: none must be written.</returns>
    public static bool Prepare()
    {
        _ = SetConsoleOutputCP(Utf8);
        _ = Enable(StandardError);
        return Enable(StandardOutput);
    }

    private static bool Enable(int which) => GetStdHandle(which) is var handle && GetConsoleMode(handle, out var mode)
        && SetConsoleMode(handle, mode | EscapeSequences);

    [LibraryImport("kernel32")]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetConsoleMode(nint handle, out uint mode);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleMode(nint handle, uint mode);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleOutputCP(uint codePage);
}
