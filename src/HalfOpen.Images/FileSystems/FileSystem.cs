namespace HalfOpen.Images.FileSystems;

/// <summary>What an entry of a folder is.</summary>
public enum VolumeEntryKind
{
    File,
    Folder,

    /// <summary>A reparse point: a junction, a mount point, a link. Never followed.</summary>
    Link,
}

/// <summary>One entry of a folder. Immutable.</summary>
/// <param name="Name">The long name where there is one.</param>
/// <param name="ShortName">The 8.3 name when it is another, else null.</param>
/// <param name="Size">Bytes, as the folder says; a file's own size is <c>Length</c> of its <see
/// cref="VolumeFile"/>.</param>
public sealed record VolumeEntry(string Name, string? ShortName, VolumeEntryKind Kind, long Size)
{
    /// <value>What the file system finds it by.</value>
    internal long Reference { get; init; }
}

/// <summary>A range of a volume.</summary>
/// <param name="Offset">Bytes from the volume's start.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct VolumeRange(long Offset, int Length);

/// <summary>The content of one file.</summary>
public abstract class VolumeFile : ByteSource
{
    /// <value>Why its bytes must not be changed in place, with what to do; null when they may.</value>
    public virtual string? WriteProblem => null;

    /// <summary>Where bytes of the file stand in the volume.</summary>
    /// <exception cref="ImageProblemException">They stand nowhere as they are.</exception>
    public abstract IReadOnlyList<VolumeRange> Locate(long offset, int length);
}

/// <summary>The files of a volume, read only. Memory is bounded whatever the volume says. Not thread-safe.</summary>
public abstract class FileSystem
{
    /// <summary>Entries that one folder may have; what says it has more is damaged.</summary>
    public const int MaxEntries = 500_000;

    /// <value><c>NTFS</c>, <c>FAT16</c>, <c>FAT32</c>.</value>
    public abstract string Name { get; }

    /// <value>The volume's serial number, hexadecimal.</value>
    public abstract string Serial { get; }

    public abstract VolumeEntry Root { get; }

    /// <summary>Why nothing on the volume may be changed (it is dirty), with what to do; null when it may.</summary>
    public abstract string? FindWriteProblem();

    /// <summary>The entries of a folder, in ordinal order of their names.</summary>
    public abstract IReadOnlyList<VolumeEntry> List(VolumeEntry folder);

    public abstract VolumeFile Open(VolumeEntry file);

    /// <summary>What stands at a path, or null. Letters' case does not matter, long and short names both do.</summary>
    /// <param name="path">Names parted by <c>/</c>; empty: the root.</param>
    public VolumeEntry? Find(string path)
    {
        var entry = Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Kind != VolumeEntryKind.Folder)
            {
                return null;
            }

            var entries = List(entry);
            if ((Named(entries, e => e.Name, name, StringComparison.Ordinal)
                ?? Named(entries, e => e.Name, name, StringComparison.OrdinalIgnoreCase)
                ?? Named(entries, e => e.ShortName, name, StringComparison.OrdinalIgnoreCase)) is not { } next)
            {
                return null;
            }

            entry = next;
        }

        return entry;
    }

    private static VolumeEntry? Named(IReadOnlyList<VolumeEntry> entries, Func<VolumeEntry, string?> which, string name,
        StringComparison comparison) =>
        entries.FirstOrDefault(e => name.Equals(which(e), comparison));
}
