using HalfOpen.Images;
using HalfOpen.Windows.Files;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Images;

/// <summary>
/// The files of an image on this machine, opened for reading. Everything is opened inside the folder that was open
/// first, and no link is followed but the one that
/// the user named. Not thread-safe.
/// </summary>
internal sealed class LocalImageFiles : IImageFiles, IDisposable
{
    /// <summary>Pages that are kept of each of the files that a VMDK may name.</summary>
    private const int PiecePages = 16;

    private readonly Dictionary<string, (SafeFileHandle Handle, CachedSource Bytes)> _open = new(StringComparer.Ordinal);

    private LocalImageFiles(string path)
    {
        FullPath = path;
        FolderPath = LocalFileStore.FolderOf(path);
        Name = Path.GetFileName(path);
        Folder = OperatingSystem.IsLinux() ? NativeImage.OpenFolder(FolderPath) : null;
    }

    /// <value>Where the file really stands, a link resolved.</value>
    public string FullPath { get; }

    public string FolderPath { get; }

    /// <value>Null on other systems than Linux.</value>
    public SafeFileHandle? Folder { get; }

    public string Name { get; }

    public bool IsBlockDevice { get; private set; }

    public ByteSource Main => _open[Name].Bytes;

    /// <summary>Opens the file that the user named.</summary>
    /// <exception cref="FileProblemException">It is not there, or is no file, or may not be read.</exception>
    public static LocalImageFiles OpenMain(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            full = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (IOException e)
        {
            throw new FileProblemException(path, "its symbolic links lead in a circle, or too far: name the file itself.", e);
        }

        var files = new LocalImageFiles(full);
        try
        {
            _ = files.Open(files.Name) ?? throw new FileProblemException(path, "no such file.");
            return files;
        }
        catch (FileProblemException e)
        {
            files.Dispose();
            throw new FileProblemException(path, e.Problem, e);
        }
        catch (Exception)
        {
            files.Dispose();
            throw;
        }
    }

    public ByteSource? Open(string name)
    {
        if (_open.TryGetValue(name, out var known))
        {
            return known.Bytes;
        }

        var handle = OpenHandle(name);
        if (handle is null)
        {
            return null;
        }

        var bytes = new CachedSource(new HandleSource(handle, Path.Combine(FolderPath, name)), name == Name ? CachedSource.MaxPages
            : PiecePages);
        _open.Add(name, (handle, bytes));
        return bytes;
    }

    /// <summary>Forgets what was read, for when the files have changed.</summary>
    public void Forget()
    {
        foreach (var (_, bytes) in _open.Values)
        {
            bytes.Clear();
        }
    }

    public SafeFileHandle HandleOf(string name) => _open[name].Handle;

    public void Dispose()
    {
        foreach (var (handle, _) in _open.Values)
        {
            handle.Dispose();
        }

        Folder?.Dispose();
    }

    private SafeFileHandle? OpenHandle(string name)
    {
        if (Folder is null)
        {
            return OpenElsewhere(name);
        }

        var handle = NativeImage.Open(Folder, name, write: false);
        if (handle is null)
        {
            return null;
        }

        var kind = NativeImage.Stat(handle, name).Kind;
        if (kind == NativeImage.FileKind.Other || (kind == NativeImage.FileKind.BlockDevice && name != Name))
        {
            handle.Dispose();
            throw new FileProblemException(name, "this is a folder, a pipe or a device, not a file.");
        }

        IsBlockDevice |= kind == NativeImage.FileKind.BlockDevice;
        return handle;
    }

    /// <summary>Windows keeps a file that is open so from being written by others: no lock is needed there.</summary>
    private SafeFileHandle? OpenElsewhere(string name)
    {
        var path = Path.Combine(FolderPath, name);
        try
        {
            return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileProblemException(name, e.Message, e);
        }
    }
}

/// <summary>An open file or device as a source of bytes.</summary>
internal sealed class HandleSource(SafeFileHandle handle, string path) : ByteSource
{
    public override long Length { get; } = OperatingSystem.IsLinux() ? NativeImage.Length(handle, path) : RandomAccess.GetLength(handle);

    protected override void ReadCore(long offset, Span<byte> into)
    {
        try
        {
            while (into.Length > 0)
            {
                var count = RandomAccess.Read(handle, into, offset);
                if (count == 0)
                {
                    throw new ImageProblemException("It became shorter while it was read.");
                }

                into = into[count..];
                offset += count;
            }
        }
        catch (Exception e) when (e is IOException and not ImageProblemException or UnauthorizedAccessException)
        {
            throw new ImageProblemException("It cannot be read: " + e.Message, e);
        }
    }
}
