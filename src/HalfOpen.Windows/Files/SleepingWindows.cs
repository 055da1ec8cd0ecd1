using HalfOpen.Images;

namespace HalfOpen.Windows.Files;

/// <summary>
/// A Windows that sleeps on the volume of a driver. It wakes with the volume as it remembers it, so nothing there may
/// be changed: what is written would be lost, or take other files with it.
/// </summary>
public static class SleepingWindows
{
    private const string FileName = "hiberfil.sys";
    private const int SignatureSize = 4;

    /// <summary>
    /// From <c>WINDOWS\system32\drivers</c> up to the root of the volume there are three steps; service packs keep
    /// their
    /// copies further down.
    /// </summary>
    private const int MaxLevels = 8;

    /// <summary>Looks for hiberfil.sys in the folders above a driver.</summary>
    /// <returns>A sentence that says that Windows sleeps and what to do, or null.</returns>
    public static string? Find(IFileStore store, string driverPath)
    {
        ArgumentNullException.ThrowIfNull(store);
        var folder = LocalFileStore.FolderOf(driverPath);
        for (var level = 0; level < MaxLevels && folder is not null; level++)
        {
            var path = Path.Join(folder, FileName);
            try
            {
                if (store.Find(path) is { Kind: EntryKind.File }
                    && DiskVolume.Hibernation(store.ReadStart(path, SignatureSize)) is { } sleeps)
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

            folder = Path.GetDirectoryName(folder);
        }

        return null;
    }

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
