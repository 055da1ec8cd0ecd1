using System.Security.Cryptography;
using HalfOpen.Windows.Files;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Images;

/// <summary>
/// The journal's file: read, replaced at once, removed. It stands beside the image, or in a folder that the user named.
/// Each method is a few steps, and
/// <paramref name="step"/> is told before each, so that tests can end the program there.
/// </summary>
internal sealed class JournalFile(string folderPath, string imageName, Action<string> step) : IDisposable
{
    private readonly SafeFileHandle? _folder = OperatingSystem.IsLinux() ? NativeImage.OpenFolder(folderPath) : null;

    public string Name { get; } = imageName + ImageJournal.Suffix;

    public string FullPath => Path.Combine(folderPath, Name);

    /// <summary>The bytes, or null when there is no journal.</summary>
    /// <exception cref="FileProblemException">Something else stands in its place.</exception>
    public byte[]? Read()
    {
        using var handle = Open();
        if (handle is null)
        {
            return null;
        }

        var length = RandomAccess.GetLength(handle);
        if (length > ImageJournal.MaxSize || (_folder is not null && NativeImage.Stat(handle, Name).Kind != NativeImage.FileKind.Regular))
        {
            throw new FileProblemException(FullPath, "this should be a plain file of ours and is not: look at it and move it away.");
        }

        var bytes = new byte[length];
        var read = RandomAccess.Read(handle, bytes, 0);
        return read == length ? bytes : throw new FileProblemException(FullPath, "it changed while it was being read: try again.");
    }

    /// <summary>Replaces the journal: all old or all new, and on the disk when this returns.</summary>
    /// <param name="like">The image: the journal gets its owner, and may be read and written by the same
    /// people.</param>
    public void Write(byte[] bytes, SafeFileHandle like)
    {
        var temporary = Name + FileNames.TemporaryInfix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        step("journal: create");
        if (_folder is null)
        {
            var path = Path.Combine(folderPath, temporary);
            using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            File.Move(path, FullPath, overwrite: true);
            return;
        }

        try
        {
            using (var handle = NativeImage.CreateNew(_folder, temporary, 0x180)) // 0600
            {
                var image = NativeImage.Stat(like, Name);
                // 0666, 0644
                NativeImage.SetOwnerAndMode(handle, image.Owner, image.Group, image.Kind == NativeImage.FileKind.Regular
                    ? image.Mode & 0x1B6 : 0x1A4);
                step("journal: write");
                NativeImage.Write(handle, bytes, Name);
                step("journal: sync");
                NativeImage.Sync(handle, Name);
            }

            step("journal: rename");
            NativeImage.Rename(_folder, temporary, Name);
        }
        catch (FileProblemException e)
        {
            DeleteQuietly(temporary);
            throw new FileProblemException(FullPath, e.Problem, e);
        }

        step("journal: sync folder");
        NativeImage.Sync(_folder, folderPath);
    }

    /// <summary>Removes the journal for good.</summary>
    public void Delete()
    {
        step("journal: delete");
        if (_folder is null)
        {
            File.Delete(FullPath);
            return;
        }

        NativeImage.Delete(_folder, Name);
        step("journal: sync folder");
        NativeImage.Sync(_folder, folderPath);
    }

    /// <summary>Removes what interrupted runs left; gives back how many.</summary>
    public int RemoveLeftovers()
    {
        var leftovers = Directory.EnumerateFiles(folderPath, Name + FileNames.TemporaryInfix + "*").Select(f => Path.GetFileName(f)!)
            .Where(f => FileNames.IsTemporaryOf(f, Name)).ToList();
        foreach (var leftover in leftovers)
        {
            if (_folder is null)
            {
                File.Delete(Path.Combine(folderPath, leftover));
            }
            else
            {
                NativeImage.Delete(_folder, leftover);
            }
        }

        return leftovers.Count;
    }

    public void Dispose() => _folder?.Dispose();

    private void DeleteQuietly(string name)
    {
        try
        {
            NativeImage.Delete(_folder!, name);
        }
        catch (FileProblemException)
        {
            // The next run sweeps it; what failed before is the failure to report.
        }
    }

    private SafeFileHandle? Open()
    {
        try
        {
            return _folder is not null ? NativeImage.Open(_folder, Name, write: false)
                : File.Exists(FullPath) ? File.OpenHandle(FullPath) : null;
        }
        catch (FileProblemException e)
        {
            throw new FileProblemException(FullPath, e.Problem, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileProblemException(FullPath, e.Message, e);
        }
    }
}
