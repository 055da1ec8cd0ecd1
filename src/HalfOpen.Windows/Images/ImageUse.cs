using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Images;

/// <summary>Whether somebody else works with an image, by locks, by the kernel's word, and by what stands beside
/// it.</summary>
internal static class ImageUse
{
    /// <summary>
    /// qemu's own locks, from its block/file-posix.c: a lock on byte 100 + n says "I use permission n", one on byte 200
    /// + n "nobody else may have it".
    /// Permissions: 0 consistent read, 1 write, 2 write unchanged, 3 resize.
    /// </summary>
    private const int UsedBase = 100, DeniedBase = 200, Permissions = 64, Write = 1;

    private const int OpenAccess = 3; // O_ACCMODE

    /// <summary>
    /// As long a moment's use is waited for: udev looks at every device that somebody has closed after writing, and a
    /// child that was just forked holds its parent's files until it executes its program.
    /// </summary>
    private const int Tries = 25, PauseMilliseconds = 20;

    /// <summary>
    /// A sentence that says who has the file open for writing and what to do; null when nobody is known to. Whoever has
    /// it only for a moment is waited for.
    /// </summary>
    /// <param name="handle">Open for reading; we have the file open for writing nowhere.</param>
    public static string? Find(SafeFileHandle handle, string path)
    {
        if (!TryFor(() => !NativeImage.IsLockedByAnotherRun(handle)))
        {
            return "another halfopen is at work on this image: wait for it and try again.";
        }

        if (!TryFor(() => !IsUsedByQemu(handle)))
        {
            return $"qemu has it open{Named(path)}: shut the virtual machine down (or end the qemu program that uses it), and try again.";
        }

        return TryFor(() => !NativeImage.IsOpenForWriting(handle)) ? null
            : $"another program has it open for writing{Named(path)}: shut the virtual machine down, close what uses the image, and "
                + "try again.";
    }

    /// <summary>Asks again for up to half a second, until the answer is yes.</summary>
    public static bool TryFor(Func<bool> ask)
    {
        for (var i = 1; !ask(); i++)
        {
            if (i == Tries)
            {
                return false;
            }

            Thread.Sleep(PauseMilliseconds);
        }

        return true;
    }

    /// <summary>Whether qemu has a file open in any way: even a reader must not see it change.</summary>
    public static bool IsUsedByQemu(SafeFileHandle handle) =>
        NativeImage.IsLockedByOthers(handle, UsedBase, Permissions) || NativeImage.IsLockedByOthers(handle, DeniedBase, Permissions);

    /// <summary>Takes qemu's locks the way a writer that shares nothing does, until the handle is closed.</summary>
    public static void KeepQemuOut(SafeFileHandle handle)
    {
        // Where there are no such locks, qemu has none either.
        _ = NativeImage.TryShare(handle, UsedBase, Write + 1);
        _ = NativeImage.TryShare(handle, DeniedBase, 4);
    }

    /// <summary>What stands beside an image and says that its machine is suspended, or that a snapshot goes on from it;
    /// null when nothing does.</summary>
    /// <param name="format">As the container says.</param>
    public static string? FindBeside(string folder, string name, string format)
    {
        var stem = Path.GetFileNameWithoutExtension(name);
        if (format == "vmdk")
        {
            return Directory.Exists(Path.Combine(folder, name + ".lck")) ? "VMware has it open (there is a lock beside it): shut "
                + "the virtual machine down, and try again."
                : File.Exists(Path.Combine(folder, stem + ".vmss")) ? "the virtual machine is suspended: resume it, shut Windows "
                    + "down, and try again."
                : Entries(folder, stem + "-??????.vmdk").Any(f =>
                    Path.GetFileNameWithoutExtension(f).AsSpan(stem.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0)
                    ? "a snapshot of it stands beside it, which goes on from this image: name the newest snapshot instead, or "
                        + "delete the snapshots in VMware." : null;
        }

        return format == "vdi" && Entries(Path.Combine(folder, "Snapshots"), "*.sav").Any()
            ? "the virtual machine is saved in the midst of its work: start it, shut Windows down, and try again." : null;
    }

    private static IEnumerable<string> Entries(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // a folder that we may not list: then there is nothing to learn from it
        }
    }

    /// <summary>The program that has the file open, as far as we may see; a help for the reader, not a proof.</summary>
    private static string Named(string path)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => d.AsSpan(6).IndexOfAnyExceptInRange('0', '9') < 0))
        {
            if (process == "/proc/" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            {
                continue;
            }

            try
            {
                if (Directory.EnumerateFiles(process + "/fd").Any(fd => new FileInfo(fd).LinkTarget == path
                    && IsForWriting(process, Path.GetFileName(fd))))
                {
                    var name = File.ReadAllText(process + "/comm").Trim();
                    var shown = name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ' ') ? name : "a program";
                    return $" ({shown}, process {process[6..]})";
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's process, or one that has just ended.
            }
        }

        return "";
    }

    private static bool IsForWriting(string process, string descriptor)
    {
        var flags = File.ReadLines($"{process}/fdinfo/{descriptor}").FirstOrDefault(l => l.StartsWith("flags:", StringComparison.Ordinal));
        return flags is not null && (Convert.ToInt32(flags[6..].Trim(), 8) & OpenAccess) != 0;
    }
}
