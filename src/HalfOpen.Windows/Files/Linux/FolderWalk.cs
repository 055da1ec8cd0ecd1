namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// Opens folders step by step, so that nobody who owns a folder below can lead a step elsewhere: a folder that the
/// caller named is opened once, through whatever links its path has, and kept; from there on every name is opened in
/// the folder before it, and a link among them is an error. Not thread-safe.
/// </summary>
internal sealed class FolderWalk
{
    private readonly Dictionary<string, OpenFile> _kept = new(StringComparer.Ordinal);

    /// <summary>
    /// Opens what the caller named, through links, and keeps it for as long as this object lives: the folder itself, or
    /// for anything else the folder it is in.
    /// </summary>
    public void Trust(string named)
    {
        if (!_kept.ContainsKey(named) && !TryKeep(named) && Path.GetDirectoryName(named) is { } parent && !_kept.ContainsKey(parent))
        {
            TryKeep(parent);
        }
    }

    /// <summary>
    /// Uses this very folder for a path until <see cref="Forget"/>, whatever the path may lead to meanwhile.
    /// </summary>
    /// <returns>False: another folder is kept for it already.</returns>
    public bool Keep(string path, OpenFile folder) => _kept.TryAdd(path, folder);

    public void Forget(string path) => _kept.Remove(path);

    /// <summary>
    /// Opens the folder of a path, for names in it only. A path that is below nothing named before counts as named
    /// itself.
    /// </summary>
    /// <param name="name">The last name of the path; <c>.</c> for a folder that is kept itself.</param>
    /// <param name="error">0, or the error of the system.</param>
    public OpenFile? OpenParent(string path, out byte[] name, out int error)
    {
        (name, error) = ([], Errno.NotFound);
        if (KeptAbove(path) is not { } kept)
        {
            Trust(path);
            kept = KeptAbove(path)!;
            if (kept is null)
            {
                return null;
            }
        }

        var steps = path[kept.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var encoded = Array.ConvertAll(steps, s => LinuxName.Encode(s));
        if (Array.Exists(encoded, e => e is null))
        {
            return null; // no name of Linux: there is no such file
        }

        var folder = Open(_kept[kept], [(byte)'.', 0], out error);
        for (var i = 0; i < steps.Length - 1 && folder is not null; i++)
        {
            using var above = folder;
            folder = Open(above, encoded[i]!, out error);
        }

        name = steps.Length == 0 ? [(byte)'.', 0] : encoded[^1]!;
        return folder;
    }

    private static OpenFile? Open(OpenFile folder, byte[] name, out int error)
    {
        var number = Libc.OpenAt(folder.Number, name, Libc.PathOnly | Libc.Directory | Libc.NoFollow | Libc.CloseOnExec, 0);
        error = number >= 0 ? 0 : Errno.Last;
        return number >= 0 ? new OpenFile(number) : null;
    }

    private bool TryKeep(string folder)
    {
        if (LinuxName.Encode(folder) is not { } name)
        {
            return false;
        }

        var number = Libc.OpenAt(Libc.CurrentFolder, name, Libc.PathOnly | Libc.Directory | Libc.CloseOnExec, 0);
        return number >= 0 && _kept.TryAdd(folder, new OpenFile(number));
    }

    /// <summary>The nearest folder above a path, or the path itself, that is kept.</summary>
    private string? KeptAbove(string path)
    {
        for (var folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (_kept.ContainsKey(folder))
            {
                return folder;
            }
        }

        return null;
    }
}
