using HalfOpen.Images;
using HalfOpen.Media.Iso9660;
using HalfOpen.Media.Sources;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Windows.Media;

/// <summary>Makes a new image of a CD with patched drivers: every other byte stays where it is. Proven before it is
/// written.</summary>
public static class IsoPatch
{
    /// <summary>A file is hashed, written and read back.</summary>
    private const double Passes = 3;

    /// <summary>The image as it will be; it reads the old one while it is read.</summary>
    /// <param name="iso">The image as it is.</param>
    /// <param name="unit">Planned on <paramref name="packed"/>, for another place.</param>
    /// <param name="packed">The store above <paramref name="iso"/>.</param>
    /// <param name="onShare">Told the share done, 0 to 1, while <see cref="LocalFileStore"/> stages it. Null: nobody is
    /// told.</param>
    /// <param name="cancellation">Ends the next read of the new image.</param>
    /// <exception cref="FileProblemException">The image's shape does not allow it; the message says why.</exception>
    public static ByteSource Build(IsoFileStore iso, PackedFileStore packed, PatchUnit unit,
        Action<double>? onShare = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(iso);
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentNullException.ThrowIfNull(unit);
        try
        {
            var drivers = unit.Writes.Select(w => (w.Driver.Path, unit.ContentOf(w))).ToList();
            var files = packed.Repacked(drivers).Select(r => (File: iso.FileAt(r.File), r.Content)).ToList();
            CheckOtherTrees(iso, files.ConvertAll(f => f.File));
            var edit = IsoEditor.Replace(iso.Image, files);
            Prove(iso.Path, edit, unit);
            return new WatchedSource(edit.Source, read => onShare?.Invoke(Math.Min(1, read / (Passes * edit.Source.Length))), cancellation);
        }
        catch (ImageProblemException e)
        {
            throw new FileProblemException(iso.Path, e.Message, e);
        }
    }

    /// <summary>Only the first tree was looked at. Windows reads Joliet's, and both should lead to the same
    /// bytes.</summary>
    private static void CheckOtherTrees(IsoFileStore iso, List<IsoEntry> changed)
    {
        var known = iso.Image.Entries(iso.Image.Trees[0]).Where(IsOfInterest).Select(e => e.Start).ToHashSet();
        var other = iso.Image.Trees.Skip(1).SelectMany(iso.Image.Entries).FirstOrDefault(e => IsOfInterest(e) && !known.Contains(e.Start));
        if (other is not null && changed.Count > 0)
        {
            throw new ImageProblemException(
                $"Its two trees of names lead to different files ({other.Path}): make a new image of its files.");
        }
    }

    private static bool IsOfInterest(IsoEntry entry) => !entry.IsFolder
        && (FileNames.IsDriverName(entry.Name) || MediaNames.IsPackedDriver(entry.Name) || MediaNames.IsDriverCabinet(entry.Name));

    private static void Prove(string path, IsoEdit edit, PatchUnit unit)
    {
        using var store = new PackedFileStore(new IsoFileStore(path, edit.Source));
        foreach (var write in unit.Writes)
        {
            if (BackupState.Hash(store.Read(write.Driver.Path, FileNames.MaxDriverSize)) != write.PatchedSha256)
            {
                throw new ImageProblemException("The new image does not hold what was put into it: please report this.");
            }
        }
    }
}
