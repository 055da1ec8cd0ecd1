using HalfOpen.Images.Containers;
using HalfOpen.Windows.Files;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Images;

/// <summary>
/// An image's files opened for writing, locked so that neither another run of this program nor qemu uses them
/// meanwhile. Writes single bytes in place, and nothing
/// that was not there as expected. Not thread-safe.
/// </summary>
internal sealed class ImageWriter : IDisposable
{
    private readonly List<SafeFileHandle> _handles = [];
    private readonly LocalImageFiles _files;
    private readonly IReadOnlyList<ImageFile> _parts;
    private readonly Action<string> _step;

    private ImageWriter(LocalImageFiles files, IReadOnlyList<ImageFile> parts, Action<string> step) =>
        (_files, _parts, _step) = (files, parts, step);

    /// <value>The file that the user named.</value>
    public SafeFileHandle Main => _handles[0];

    /// <summary>Opens and locks all files of an image.</summary>
    /// <exception cref="FileProblemException">They may not be written, or somebody else has them open.</exception>
    public static ImageWriter Open(LocalImageFiles files, IReadOnlyList<ImageFile> parts, Action<string> step)
    {
        var writer = new ImageWriter(files, parts, step);
        try
        {
            foreach (var part in parts)
            {
                writer._handles.Add(writer.OpenOne(part.Name));
            }

            return writer;
        }
        catch (Exception)
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Changes bytes in place and waits until the disk has them.</summary>
    /// <param name="places">Where they stand, together as long as the bytes.</param>
    /// <param name="allowed">What may stand there: for each byte one of these arrays must have it.</param>
    /// <param name="after">What is to stand there.</param>
    public void Write(IReadOnlyList<FilePlace> places, byte[] after, params byte[][] allowed)
    {
        var at = 0;
        foreach (var place in places)
        {
            var now = Read(place);
            for (var i = 0; i < place.Length; i++)
            {
                if (now[i] != after[at + i] && !allowed.Any(a => a[at + i] == now[i]))
                {
                    throw new FileProblemException(_files.FullPath, "the image changed while it was being worked on: close what "
                        + "else uses it, and try again.");
                }
            }

            for (var i = 0; i < place.Length; i++)
            {
                // Byte by byte: what is right already is not written.
                if (now[i] != after[at + i])
                {
                    _step("image: write");
                    WriteByte(place.File, place.Offset + i, after[at + i]);
                }
            }

            at += place.Length;
        }
    }

    /// <summary>Waits until the disk has everything.</summary>
    public void Sync()
    {
        _step("image: sync");
        for (var i = 0; i < _handles.Count; i++)
        {
            if (_files.Folder is not null)
            {
                NativeImage.Sync(_handles[i], _parts[i].Name);
            }
            else
            {
                RandomAccess.FlushToDisk(_handles[i]);
            }
        }
    }

    public byte[] Read(FilePlace place)
    {
        var bytes = new byte[place.Length];
        return RandomAccess.Read(_handles[place.File], bytes, place.Offset) == place.Length ? bytes
            : throw new FileProblemException(_files.FullPath, "the image became shorter while it was being worked on.");
    }

    /// <summary>
    /// Closing alone would leave our locks to a child that this process has just forked, until the child executes its
    /// program.
    /// </summary>
    public void Dispose()
    {
        foreach (var handle in _handles.Where(h => !h.IsClosed))
        {
            if (_files.Folder is not null)
            {
                NativeImage.UnlockAll(handle);
            }

            handle.Dispose();
        }
    }

    private void WriteByte(int file, long offset, byte value)
    {
        try
        {
            RandomAccess.Write(_handles[file], [value], offset);
        }
        catch (IOException e)
        {
            throw new FileProblemException(_files.FullPath, "it cannot be written: " + e.Message, e);
        }
    }

    private SafeFileHandle OpenOne(string name)
    {
        if (_files.Folder is null)
        {
            return OpenElsewhere(name);
        }

        // Asked before our own handle for writing is there, which the kernel would count.
        var path = Path.Combine(_files.FolderPath, name);
        if (ImageUse.Find(_files.HandleOf(name), path) is { } problem)
        {
            throw new FileProblemException(_files.FullPath, problem);
        }

        var handle = NativeImage.Open(_files.Folder, name, write: true, exclusive: _files.IsBlockDevice)
            ?? throw new FileProblemException(name, "the image is gone.");
        try
        {
            var (now, before) = (NativeImage.Stat(handle, name), NativeImage.Stat(_files.HandleOf(name), name));
            if ((now.Device, now.Number, now.Kind) != (before.Device, before.Number, before.Kind))
            {
                throw new FileProblemException(_files.FullPath, "the image was replaced while it was being looked at: try again.");
            }

            if (!ImageUse.TryFor(() => NativeImage.TryLock(handle)))
            {
                throw new FileProblemException(_files.FullPath, "another halfopen is at work on this image: wait for it and try again.");
            }

            ImageUse.KeepQemuOut(handle);
            return ImageUse.TryFor(() => !ImageUse.IsUsedByQemu(handle)) ? handle
                : throw new FileProblemException(_files.FullPath, "qemu has just opened it: shut the virtual machine down, and try again.");
        }
        catch (Exception)
        {
            NativeImage.UnlockAll(handle);
            handle.Dispose();
            throw;
        }
    }

    private SafeFileHandle OpenElsewhere(string name)
    {
        try
        {
            return File.OpenHandle(Path.Combine(_files.FolderPath, name), FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileProblemException(_files.FullPath, "it cannot be opened for writing: " + e.Message, e);
        }
    }
}
