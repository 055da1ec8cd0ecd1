using HalfOpen.Windows.Files;

namespace HalfOpen.Cli.Drivers;

/// <summary>Why a folder has no driver, where that is easily told.</summary>
internal static class EmptyPlace
{
    /// <summary>From <c>drive_c/windows/system32/drivers</c> up to the prefix.</summary>
    private const int LevelsInPrefix = 5;

    /// <returns>One sentence, or null.</returns>
    public static string? Explain(IFileStore store, string path)
    {
        try
        {
            if (store.Find(path)?.Kind != EntryKind.Folder)
            {
                return null;
            }

            var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            if (store.List(path).All(e => e.Name == "lost+found"))
            {
                return $"{DriverPaths.Shown(path)} is empty: mount the disk there first, or name the folder where it is mounted.";
            }

            for (var level = 0; level < LevelsInPrefix && folder is not null; level++, folder = Path.GetDirectoryName(folder))
            {
                if (store.Find(Path.Join(folder, "system.reg"))?.Kind == EntryKind.File
                    && store.Find(Path.Join(folder, "drive_c"))?.Kind == EntryKind.Folder)
                {
                    return $"{DriverPaths.Shown(folder)} is a Wine prefix: Wine has no driver with a limit, its programs use the network "
                        + "of this system.";
                }
            }
        }
        catch (FileProblemException)
        {
            // Then it is only not found.
        }

        return null;
    }
}
