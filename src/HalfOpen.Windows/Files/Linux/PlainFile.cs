using HalfOpen.Images;
using HalfOpen.Media.Sources;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// Opens, reads and writes plain files. Anything else is refused before it is opened or without waiting for it: a pipe
/// has no end, a device acts when it is opened.
/// </summary>
internal static class PlainFile
{
    /// <param name="followLink">
    /// Whether a link is followed, for reading only. What it leads to is looked at before it is opened, since a link
    /// can lead to a device.
    /// </param>
    public static OpenFile Open(OpenFile folder, byte[] name, string path, bool followLink, out FileStatus status)
    {
        var here = FileStatus.Of(folder, name, out var error) ?? throw Errno.Problem(path, error);
        if (here.Kind == EntryKind.SymbolicLink && followLink)
        {
            return OpenThroughLink(folder, name, path, out status);
        }

        CheckKind(here.Kind, path);

        // Between that look and now it may have become anything: a link fails, a pipe does not wait, and the open file
        // is looked at again.
        var number =
            Libc.OpenAt(folder.Number, name, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking | Libc.NoTerminal | Libc.CloseOnExec, 0);
        return Checked(number, path, out status);
    }

    /// <summary>Reads a file from its beginning. One that becomes shorter meanwhile is a problem.</summary>
    public static byte[] Read(OpenFile file, string path, int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var read = Libc.ReadAt(file.Number, bytes.AsSpan(done), (nuint)(length - done), done);
            if (read <= 0)
            {
                throw read < 0
                    ? Errno.Problem(path, Errno.Last)
                    : new FileProblemException(path, "the file became shorter while it was being read: try again.");
            }

            done += (int)read;
        }

        return bytes;
    }

    public static void Write(OpenFile file, string path, ByteSource content)
    {
        var offset = 0L;
        content.CopyTo(piece =>
        {
            while (piece.Length > 0)
            {
                var written = Libc.WriteAt(file.Number, piece, (nuint)piece.Length, offset);
                if (written <= 0)
                {
                    throw Errno.Problem(path, written < 0 ? Errno.Last : 28);
                }

                offset += written;
                piece = piece[(int)written..];
            }
        });
    }

    /// <summary>Whether a file that was written reads back as it should.</summary>
    public static bool Holds(OpenFile file, ByteSource content) =>
        FileStatus.Of(file, out _)?.Size == content.Length && new LinuxFileBytes(file, content.Length).HasSameBytesAs(content);

    private static OpenFile OpenThroughLink(OpenFile folder, byte[] name, string path, out FileStatus status)
    {
        var number = Libc.OpenAt(folder.Number, name, Libc.PathOnly | Libc.CloseOnExec, 0);
        if (number < 0)
        {
            throw Errno.Last == Errno.NotFound
                ? new FileProblemException(path, "this is a symbolic link to a file that does not exist.")
                : Errno.Problem(path, Errno.Last);
        }

        using var target = new OpenFile(number);
        CheckKind((FileStatus.Of(target, out var error) ?? throw Errno.Problem(path, error)).Kind, path);
        var itself = LinuxName.Encode($"/proc/self/fd/{number}")!;
        return Checked(Libc.OpenAt(Libc.CurrentFolder, itself, Libc.ReadOnly | Libc.NonBlocking | Libc.NoTerminal | Libc.CloseOnExec, 0),
            path, out status);
    }

    private static OpenFile Checked(int number, string path, out FileStatus status)
    {
        if (number < 0)
        {
            throw Errno.Last == Errno.NoDevice ? new FileProblemException(path, NoFile) : Errno.Problem(path, Errno.Last);
        }

        var file = new OpenFile(number);
        try
        {
            status = FileStatus.Of(file, out var error) ?? throw Errno.Problem(path, error);
            CheckKind(status.Kind, path);
            return file;
        }
        catch (FileProblemException)
        {
            file.Dispose();
            throw;
        }
    }

    private static void CheckKind(EntryKind kind, string path)
    {
        if (kind != EntryKind.File)
        {
            throw new FileProblemException(path, kind switch
            {
                EntryKind.Folder => "this is a folder, not a file.",
                EntryKind.SymbolicLink => "this is a symbolic link, which is not followed here.",
                _ => NoFile,
            });
        }
    }

    private const string NoFile = "this is a device or a pipe, not a file.";
}
