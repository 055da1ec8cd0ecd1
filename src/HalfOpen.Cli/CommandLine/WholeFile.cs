namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// A file of results that is there wholly or not at all: written beside its place first, and put under its name by
/// <see cref="Keep"/>. Without that, whatever ended the work, the old file stays. A device or a pipe is written to
/// as it is. Not thread-safe.
/// </summary>
internal sealed class WholeFile : IDisposable
{
    private readonly string _place;
    private readonly string? _temporary;
    private bool _isKept;

    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public WholeFile(string path)
    {
        var link = new FileInfo(path);
        _place = link.LinkTarget is null ? Path.GetFullPath(path) : link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        var isDevice = _place.StartsWith("/dev/", StringComparison.Ordinal) || _place.StartsWith("/proc/", StringComparison.Ordinal);
        var isPipe = File.Exists(_place) && new FileInfo(_place).Length == 0; // or an empty file, which is no loss
        _temporary = isDevice || isPipe ? null
            : Path.Combine(Path.GetDirectoryName(_place)!, $".{Path.GetFileName(_place)}.{Environment.ProcessId}.part");
        Stream = File.Create(_temporary ?? path);
    }

    public Stream Stream { get; }

    /// <summary>Writes a text.</summary>
    public static void Write(string path, string text)
    {
        using var file = new WholeFile(path);
        using (var writer = new StreamWriter(file.Stream))
        {
            writer.Write(text);
        }

        file.Keep();
    }

    /// <summary>All is written: now it has its name, and the rights of the file that had it before.</summary>
    public void Keep()
    {
        Stream.Dispose();
        _isKept = true;
        if (_temporary is null)
        {
            return;
        }

        if (!OperatingSystem.IsWindows() && File.Exists(_place))
        {
            File.SetUnixFileMode(_temporary, File.GetUnixFileMode(_place));
        }

        File.Move(_temporary, _place, overwrite: true);
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_isKept && _temporary is not null)
        {
            File.Delete(_temporary);
        }
    }
}
