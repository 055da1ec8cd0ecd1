using HalfOpen.Images;
using HalfOpen.Media.Sources;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>
/// Backups of builds that were replaced since: kept under another name as they are, packed or not. The backup of a
/// cabinet serves all its drivers, so it is replaced only by a cabinet that can do the same.
/// </summary>
public sealed partial class PackedFileStore
{
    public bool CanSetAside(string path) => Problem(path, () => Locate(path) is var (file, member) && _inner.CanSetAside(file)
        && (member is null || BackupOf(file) is not { } backup || ManifestedMembers(file).All(m => IsOriginalOrOther(file, backup, m))));

    public IStagedFile? SetAside(string path, string keptAs) => _inner.SetAside(RealOf(path), RealOf(keptAs));

    /// <summary>Where an old backup or manifest really stands.</summary>
    private string OldOf(string path)
    {
        var at = FileNames.OldPartOf(path, out var isBackup);
        var (file, member) = Locate(path[..at]);
        return _place.BaseOf(file, isBackup ? null : member) + path[at..];
    }

    private IEnumerable<string> ManifestedMembers(string file) => Members(file).Select(m => m.FileName).Where(m => HasManifest(file, m));

    /// <summary>Whether a driver is not one that we patched: as the backup has it, or of another build.</summary>
    private bool IsOriginalOrOther(string file, string backup, string member)
    {
        using var before = OpenRaw(backup);
        using var now = OpenRaw(file);
        var (old, today) = (DriverCabinet.Unpack(before.Source, member), DriverCabinet.Unpack(now.Source, member));
        return old.AsSpan().SequenceEqual(today) || !Lifting.BackupState.IsSameBuild(today, old);
    }

    /// <summary>Whether the cabinet as it is can be the backup in the place of one of another build.</summary>
    /// <exception cref="FileProblemException">The old one is not kept, or a driver still needs it.</exception>
    private void CheckReplaceable(string path, string file, string existing, ByteSource before)
    {
        using var now = OpenRaw(file);
        if (ManifestedMembers(file).FirstOrDefault(m =>
            !DriverCabinet.Unpack(before, m).AsSpan().SequenceEqual(DriverCabinet.Unpack(now.Source, m))) is { } other)
        {
            throw new FileProblemException(path, $"its backup is of another build, and is {other}'s too: patch the whole cabinet.");
        }

        var prefix = FileNames.SetAside(Path.GetFileName(existing), "");
        var kept = _inner.List(LocalFileStore.FolderOf(existing)).Any(e => e.Kind == EntryKind.File
            && e.Name.StartsWith(prefix, StringComparison.Ordinal) && e.Size == before.Length && IsSame(e.Path));
        if (!kept)
        {
            throw new FileProblemException(path, $"{existing} is of another build: move it and its manifests away, then patch again.");
        }

        bool IsSame(string keptAs)
        {
            using var bytes = OpenRaw(keptAs);
            return bytes.Source.HasSameBytesAs(before);
        }
    }
}
