using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// Descriptors 0 to 2 of a process that was started with some of them closed. The next file that is opened would become
/// standard output, and what is printed would be written into it; so they are opened first. Machine code meets it; the
/// runtime's own start fills the gaps before us.
/// </summary>
internal static class StandardDescriptors
{
    private static readonly List<SafeFileHandle> Kept = [];

    /// <summary>
    /// Before any other file is opened. Input is at its end, writing to output fails as it did when it was closed,
    /// errors go nowhere. Without /proc nothing is done.
    /// </summary>
    public static void Open()
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fd"))
        {
            return;
        }

        for (var descriptor = 0; descriptor <= 2; descriptor++)
        {
            if (!IsOpen(descriptor))
            {
                // The kernel gives the lowest number that is free: this one.
                Kept.Add(File.OpenHandle("/dev/null", FileMode.Open, descriptor == 2 ? FileAccess.Write : FileAccess.Read,
                    FileShare.ReadWrite));
            }
        }
    }

    /// <summary>A link that leads to a pipe or a socket names no file, so the link itself is looked at.</summary>
    private static bool IsOpen(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget is not null;
}
