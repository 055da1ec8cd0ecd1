namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// A file that a verb will write, looked at before the work begins: minutes are too long for a wrong path.
/// </summary>
internal static class OutputFile
{
    /// <summary>Leaves nothing behind and changes nothing.</summary>
    /// <param name="option">As typed.</param>
    /// <param name="path">Null: not given.</param>
    /// <exception cref="CliException">It cannot be written.</exception>
    public static void Check(string option, string? path)
    {
        if (path is null)
        {
            return;
        }

        if (path.Length == 0)
        {
            throw CliException.Usage($"{option} is empty: give the name of a file.");
        }

        try
        {
            if (Directory.Exists(path))
            {
                throw CliException.Usage($"{option} {StrictValues.Shown(path)} is a folder: give the name of a file.");
            }

            var folder = Path.GetDirectoryName(Path.GetFullPath(path));
            if (folder is not null && !Directory.Exists(folder))
            {
                throw CliException.Usage($"{option} {StrictValues.Shown(path)}: there is no folder {StrictValues.Shown(folder)}.");
            }

            // What is there already may be a pipe, which is not to be opened twice; what is not there is made and taken
            // away again.
            if (!Path.Exists(path))
            {
                using var trial = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            else if (File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly) && !Environment.IsPrivilegedProcess)
            {
                throw CliException.Usage($"{option} {StrictValues.Shown(path)} is not yours to write to.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw CliException.Usage($"{option} {StrictValues.Shown(path)} cannot be written: {e.Message}");
        }
    }
}
