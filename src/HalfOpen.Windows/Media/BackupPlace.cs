using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>
/// Where the backup and the manifest of a driver stand: beside it; of one on a medium, in a folder beside the medium,
/// with the path below the medium's root as a name. Pure but for looking which folders are media.
/// </summary>
/// <param name="chosen">The folder that the user named for media, full path; null: <c>ROOT.halfopen-backup</c>.</param>
/// <param name="trust">Told of the folder that a medium stands in before anything beside the medium is looked at, so
/// that no link can stand for the backups.</param>
internal sealed class BackupPlace(Medium medium, string? chosen, Action<string>? trust)
{
    /// <summary>The folder for backups of a file on a medium; null when the file is on none.</summary>
    /// <exception cref="FileProblemException">The medium has nothing beside it.</exception>
    public string? FolderFor(string file)
    {
        if (medium.RootOf(LocalFileStore.FolderOf(file)) is not { } root)
        {
            return null;
        }

        if (chosen is not null)
        {
            return chosen;
        }

        if (Path.GetDirectoryName(root) is not { } beside)
        {
            throw new FileProblemException(
                root, "a backup must not stand on the medium, and nothing is beside it: choose a folder for it.");
        }

        trust?.Invoke(beside);
        return root + FileNames.BackupSuffix;
    }

    /// <summary>Whether a backup folder is one of ours, to be made and removed.</summary>
    public bool IsOwn(string folder) => folder != chosen;

    /// <summary>What a backup or manifest is called, without its suffix.</summary>
    /// <param name="file">The file that is backed up.</param>
    /// <param name="member">The driver in it; null: the file itself.</param>
    public string BaseOf(string file, string? member)
    {
        var inside = member is null ? "" : "!" + member;
        return FolderFor(file) is { } folder ? Path.Combine(folder, Flat(file) + inside) : file + inside;
    }

    /// <summary>The file in a folder of a medium that a backup is of, by the backup's name without suffix; null: of
    /// another folder.</summary>
    public string? FileOf(string folder, string name)
    {
        var file = Path.Combine(folder, name[(name.LastIndexOf('!') + 1)..]);
        return Flat(file) == name ? file : null;
    }

    /// <summary>The path below the medium as one name: I386!TCPIP.SY_. A '!' of its own is doubled.</summary>
    private string Flat(string file)
    {
        var root = medium.RootOf(LocalFileStore.FolderOf(file))!;
        var below = file[root.Length..].Trim(Path.DirectorySeparatorChar);
        return below.Replace("!", "!!", StringComparison.Ordinal).Replace(Path.DirectorySeparatorChar, '!');
    }
}
