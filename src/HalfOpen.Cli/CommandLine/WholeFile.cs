namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// Writes a result's file so that it is there wholly or not at all: beside its place first, then under its name. A pipe
/// or a device is written to as it is.
/// </summary>
internal static class WholeFile
{
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, string text)
    {
        var link = new FileInfo(path);
        var real = link.LinkTarget is null ? Path.GetFullPath(path) : link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        if (real.StartsWith("/dev/", StringComparison.Ordinal) || real.StartsWith("/proc/", StringComparison.Ordinal))
        {
            File.WriteAllText(path, text);
            return;
        }

        var temporary = Path.Combine(Path.GetDirectoryName(real)!, $".{Path.GetFileName(real)}.{Environment.ProcessId}.part");
        try
        {
            File.WriteAllText(temporary, text);
            if (!OperatingSystem.IsWindows() && File.Exists(real))
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(real));
            }

            File.Move(temporary, real, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
