using HalfOpen.Images;
using HalfOpen.Images.FileSystems;
using HalfOpen.Windows.Files.Linux;

namespace HalfOpen.Windows.Files;

/// <summary>
/// A Windows that sleeps on the volume of a driver. It wakes with the volume as it remembers it, so nothing there may
/// be changed: what is written would be lost, or take other files with it.
/// </summary>
public static class SleepingWindows
{
    /// <summary>Looks for hiberfil.sys in the folders above a driver.</summary>
    /// <returns>A sentence that says that Windows sleeps and what to do, or null.</returns>
    public static string? Find(IFileStore store, string driverPath)
    {
        ArgumentNullException.ThrowIfNull(store);
        foreach (var path in HibernationFile.PlacesAbove(LinuxPath.Full(driverPath)))
        {
            try
            {
                if (store.Find(path) is { Kind: EntryKind.File }
                    && Describe(HibernationFile.StateOf(store.ReadStart(path, HibernationFile.SignatureSize))) is { } sleeps)
                {
                    return sleeps;
                }
            }
            catch (FileProblemException e)
            {
                // A folder above that may not be looked into is somebody else's; a hiberfil.sys that is there and
                // cannot be read may hold a Windows.
                if (IsThere(store, path))
                {
                    return $"{path}, where Windows keeps its memory while it sleeps, cannot be read: {e.Problem}";
                }
            }
        }

        return null;
    }

    /// <summary>Looks for hiberfil.sys on a volume of an image. Windows wakes with every volume as it remembers it, so
    /// none of its disk may be changed.</summary>
    /// <returns>A sentence that says that Windows sleeps and what to do, or null.</returns>
    public static string? Find(DiskVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        if (volume.FileSystem?.Find(HibernationFile.Name) is not { Kind: VolumeEntryKind.File } entry)
        {
            return null;
        }

        var file = volume.FileSystem.Open(entry);
        return Describe(HibernationFile.StateOf(file.Read(0, (int)Math.Min(HibernationFile.SignatureSize, file.Length))));
    }

    private static string? Describe(WindowsSleep state) => state switch
    {
        WindowsSleep.Hibernated =>
            "Windows is hibernated (hiberfil.sys holds its memory) and would overwrite or lose what is changed now: start it, "
            + "shut it down properly, and try again.",
        WindowsSleep.Waking =>
            "Windows was waking from hibernation when it was last seen (hiberfil.sys says so): start it and shut it down properly. "
            + "If that was done since, delete hiberfil.sys, which Windows makes anew, and try again.",
        _ => null,
    };

    private static bool IsThere(IFileStore store, string path)
    {
        try
        {
            return store.Find(path) is { Kind: EntryKind.File };
        }
        catch (FileProblemException)
        {
            return false;
        }
    }
}
