using System.Text;
using HalfOpen.Windows.Files;
using HalfOpen.Xp.Files;

namespace HalfOpen.Xp.Copies;

/// <summary>
/// Cabinets below <c>Driver Cache</c>, where Windows File Protection looks for an original after dllcache (Microsoft's
/// article 236995). They are only read, and only for their list of names.
/// </summary>
/// <remarks>
/// <code>
///   CFHEADER  +0x00 "MSCF"    +0x10 where the list begins    +0x1C files (16 bits)
///   CFFILE    16 bytes, then the name with a zero behind it
/// </code>
/// </remarks>
internal static class DriverCache
{
    /// <summary>
    /// Bytes. The list of the largest, driver.cab of XP with some 2,900 files, has less than 100,000.
    /// </summary>
    private const int MaxList = 1024 * 1024;

    private const int MaxName = 256;

    /// <summary>
    /// Those that hold one of the two drivers, below the Windows folder. What cannot be read holds none.
    /// </summary>
    public static List<string> CabinetsWithDriver(IDiskSteps disk, string windowsFolder)
    {
        var found = new List<string>();
        foreach (var platform in new[] { "i386", "amd64" })
        {
            foreach (var folder in CopyPlace.Descend(disk, windowsFolder, new[] { "Driver Cache", platform }, 0))
            {
                foreach (var name in disk.List(folder))
                {
                    var path = Path.Combine(folder, name);
                    if (name.EndsWith(".cab", StringComparison.OrdinalIgnoreCase) && HoldsDriver(disk, path))
                    {
                        found.Add(path.Substring(windowsFolder.Length).TrimStart('/', '\\').Replace('/', '\\'));
                    }
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Whether a cabinet's list of names holds one of the two drivers. Never throws, whatever the bytes.
    /// </summary>
    /// <param name="start">The first bytes of the file; a list that reaches further is read as far as they go.</param>
    internal static bool HoldsDriver(byte[] start)
    {
        if (start.Length < 0x24 || Encoding.ASCII.GetString(start, 0, 4) != "MSCF")
        {
            return false;
        }

        long at = (uint)(start[0x10] | (start[0x11] << 8) | (start[0x12] << 16)) + ((long)start[0x13] << 24);
        for (var left = start[0x1C] | (start[0x1D] << 8); left > 0 && at + 17 <= start.Length; left--)
        {
            var begin = (int)at + 16;
            var end = Array.IndexOf(start, (byte)0, begin, Math.Min(MaxName, start.Length - begin));
            if (end < 0)
            {
                return false;
            }

            if (FileNames.IsDriverName(Encoding.ASCII.GetString(start, begin, end - begin)))
            {
                return true;
            }

            at = end + 1;
        }

        return false;
    }

    private static bool HoldsDriver(IDiskSteps disk, string path)
    {
        try
        {
            return disk.KindOf(path) == DiskEntry.File && HoldsDriver(disk.ReadStart(path, MaxList));
        }
        catch (DiskProblemException)
        {
            return false;
        }
    }
}
