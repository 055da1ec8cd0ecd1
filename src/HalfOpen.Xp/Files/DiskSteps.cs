using System.Runtime.InteropServices;
using HalfOpen.Xp.Texts;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Xp.Files;

/// <summary>The steps as far as every system does them alike. Not thread-safe.</summary>
internal abstract class DiskSteps : IDiskSteps
{
    /// <summary>Keeps two runs apart; it is gone when the program that made it ends, however it ends.</summary>
    internal const string LockName = "halfopen.lock";

    /// <summary>The one that fits the system that this program runs on.</summary>
    public static DiskSteps OfThisSystem() => Environment.OSVersion.Platform == PlatformID.Win32NT ? new WindowsDisk() : new PosixDisk();

    public DiskEntry KindOf(string path)
    {
        try
        {
            var attributes = File.GetAttributes(path);
            return Has(attributes, FileAttributes.ReparsePoint) || Has(attributes, FileAttributes.Device) ? DiskEntry.Other
                : Has(attributes, FileAttributes.Directory) ? DiskEntry.Folder
                : DiskEntry.File;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return DiskEntry.None;
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(path, e);
        }
    }

    public List<string> List(string folder)
    {
        var names = new List<string>();
        try
        {
            if (Directory.Exists(folder))
            {
                foreach (var path in Directory.GetFileSystemEntries(folder))
                {
                    names.Add(Path.GetFileName(path));
                }
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(folder, e);
        }

        names.Sort(string.CompareOrdinal);
        return names;
    }

    public byte[] Read(string path, int maxBytes)
    {
        try
        {
            // FileShare.Read: somebody who writes to the file is noticed here, not after half the work.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > maxBytes)
            {
                throw new DiskProblemException(path, new Phrase(TextKey.TooLarge, stream.Length, maxBytes));
            }

            return ReadAll(path, stream, (int)stream.Length);
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(path, e);
        }
    }

    public byte[] ReadStart(string path, int count)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return ReadAll(path, stream, (int)Math.Min(count, stream.Length));
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(path, e);
        }
    }

    public void CreateSynced(string path, byte[] bytes)
    {
        try
        {
            // CreateNew never overwrites: a planted name cannot lead the write elsewhere.
            using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 4096, FileOptions.WriteThrough);
            stream.Write(bytes, 0, bytes.Length);
            stream.Flush();
            Flush(stream.SafeFileHandle);
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(path, e);
        }
    }

    public void CopyMetadata(string from, string to)
    {
        try
        {
            CopyAccessList(from, to);
            var attributes = File.GetAttributes(from);
            File.SetAttributes(to, FileAttributes.Normal);
            File.SetCreationTimeUtc(to, File.GetCreationTimeUtc(from));
            File.SetLastAccessTimeUtc(to, File.GetLastAccessTimeUtc(from));
            File.SetLastWriteTimeUtc(to, File.GetLastWriteTimeUtc(from));
            File.SetAttributes(to, attributes);
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(to, e);
        }
    }

    public abstract Replacement Replace(string from, string to);

    public abstract void ReplaceAtRestart(string from, string to);

    public abstract bool IsReplacedAtRestart(string from);

    public void Delete(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                File.SetAttributes(path, FileAttributes.Normal); // Windows does not delete a read-only file
                File.Delete(path);
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(path, e);
        }
    }

    public IDisposable Lock(string folder)
    {
        var path = Path.Combine(folder, LockName);
        if (KindOf(path) is DiskEntry.Folder or DiskEntry.Other)
        {
            throw new DiskProblemException(path, new Phrase(TextKey.NoPlainFileOfOurs));
        }

        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (IsInUse(e))
        {
            throw new DiskProblemException(folder, new Phrase(TextKey.AnotherIsAtWork), e);
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw Problem(folder, e);
        }
    }

    /// <summary>Enum.HasFlag came with .NET Framework 4.</summary>
    protected static bool Has(FileAttributes attributes, FileAttributes one) => (attributes & one) == one;

    protected abstract void Flush(SafeFileHandle file);

    protected abstract void CopyAccessList(string from, string to);

    /// <summary>Makes one sentence out of what the system said.</summary>
    protected static DiskProblemException Problem(string path, Exception e) =>
        e as DiskProblemException ?? new DiskProblemException(path, e switch
        {
            UnauthorizedAccessException => new Phrase(TextKey.AccessDenied),
            FileNotFoundException => new Phrase(TextKey.NoSuchFile),
            DirectoryNotFoundException => new Phrase(TextKey.NoSuchFolder),
            PathTooLongException => new Phrase(TextKey.PathTooLong),
            IOException when IsInUse(e) => new Phrase(TextKey.InUse),
            IOException when CodeOf(e) is 0x27 or 0x70 => new Phrase(TextKey.DiskFull), // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
            IOException when CodeOf(e) == 0x13 => new Phrase(TextKey.DiskReadOnly), // ERROR_WRITE_PROTECT
            _ => new Phrase(TextKey.SystemSays, OneLine(e.Message)),
        }, e);

    /// <summary>
    /// What the file system and its callers throw. Anything else is a mistake of ours and must be seen.
    /// </summary>
    protected static bool IsExpected(Exception e) =>
        e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION; on Linux EAGAIN.</summary>
    private static bool IsInUse(Exception e) =>
        CodeOf(e) is 0x20 or 0x21 || (Environment.OSVersion.Platform != PlatformID.Win32NT && CodeOf(e) is 11);

    private static int CodeOf(Exception e) => Marshal.GetHRForException(e) & 0xFFFF;

    private static byte[] ReadAll(string path, FileStream stream, int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var count = stream.Read(bytes, read, length - read);
            read += count > 0 ? count : throw new DiskProblemException(path, new Phrase(TextKey.ChangedMeanwhile));
        }

        return bytes;
    }

    private static string OneLine(string text) => text.Replace('\r', ' ').Replace('\n', ' ').Trim();
}
