using System.Text;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// Gives a new file what an old one has: owner, permissions, times, access lists, attributes of NTFS. All through open
/// files.
/// </summary>
internal static class Metadata
{
    /// <summary>
    /// Permissions without the bits that lend a program its owner's rights: no driver needs them, and a file of
    /// somebody else's must not gain them.
    /// </summary>
    private const uint Permissions = 0x1FF; // 0777

    private const int MaxAttribute = 64 * 1024;

    /// <summary>
    /// NTFS and Samba keep these out of the list of a file's attributes, but give and take them by name.
    /// </summary>
    private static readonly string[] Unlisted =
        ["system.ntfs_acl", "system.ntfs_crtime_be", "system.ntfs_attrib_be", "system.posix_acl_access"];

    /// <summary>
    /// Changes only what differs. A file system without owners, permissions or times gives every file the same ones,
    /// and says so when it is asked to change them: that is no failure.
    /// </summary>
    /// <param name="model">An open file.</param>
    public static void Give(OpenFile file, string path, OpenFile model)
    {
        var now = StatusOf(file, path);
        var old = StatusOf(model, path);
        if ((now.Owner, now.Group) != (old.Owner, old.Group))
        {
            Check(Libc.ChangeOwner(file.Number, old.Owner, old.Group), path);
        }

        // After the owner: who gives a file away may lose the right to change it, and the system takes permissions back
        // with it.
        if (StatusOf(file, path).Mode != (old.Mode & Permissions))
        {
            Check(Libc.ChangeMode(file.Number, old.Mode & Permissions), path);
        }
        CopyAttributes(model, file);

        // Times help people, not Windows: a file system that cannot keep them keeps the patch nevertheless.
        _ = Libc.ChangeTimes(file.Number, [old.Accessed.Seconds, old.Accessed.Nanoseconds, old.Modified.Seconds, old.Modified.Nanoseconds]);
    }

    /// <summary>
    /// As far as the file system lets us: a driver works without them. On NTFS the archive attribute comes on top
    /// ("changed since the last backup"), since
    /// ntfs-3g sets it at every rename, as Windows does at every change.
    /// </summary>
    private static void CopyAttributes(OpenFile from, OpenFile to)
    {
        var value = new byte[MaxAttribute];
        var length = Libc.ListAttributes(from.Number, value, (nuint)value.Length);
        var listed = length > 0 ? Encoding.UTF8.GetString(value, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        foreach (var name in listed.Union(Unlisted, StringComparer.Ordinal).Where(IsHarmless))
        {
            var encoded = LinuxName.Encode(name)!;
            var size = Libc.GetAttribute(from.Number, encoded, value, (nuint)value.Length);
            if (size >= 0)
            {
                _ = Libc.SetAttribute(to.Number, encoded, value.AsSpan(0, (int)size), (nuint)size, 0);
            }
        }
    }

    /// <summary>
    /// Not the attributes that give a program rights (security.capability) or that only the system may give (trusted,
    /// integrity measurements).
    /// </summary>
    private static bool IsHarmless(string name) =>
        name.StartsWith("user.", StringComparison.Ordinal) || name.StartsWith("system.", StringComparison.Ordinal)
            || name == "security.selinux";

    private static FileStatus StatusOf(OpenFile file, string path) =>
        FileStatus.Of(file, out var error) ?? throw Errno.Problem(path, error);

    private static void Check(int result, string path)
    {
        if (result != 0 && Errno.Last is var error && !Errno.IsMissingFeature(error))
        {
            throw Errno.Problem(path, error);
        }
    }
}
