using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Copies;

/// <summary>
/// How a driver relates to the backup and manifest beside it. The table of all states:
/// docs/decisions/0020-every-file-is-whole.md.
/// </summary>
internal enum Relation
{
    /// <summary>Neither backup nor manifest.</summary>
    None,

    /// <summary>
    /// The file is the original: a patch or a restore was interrupted, waits for the restart, or Windows put the
    /// original back.
    /// </summary>
    Original,

    /// <summary>The file is as a patch of ours left it.</summary>
    Patched,

    /// <summary>The file is neither the original nor what we wrote.</summary>
    Foreign,

    /// <summary>The file is gone; its backup is there.</summary>
    Missing,

    /// <summary>A backup without a manifest whose file differs from it.</summary>
    Unproven,

    /// <summary>Backup or manifest is damaged or gone.</summary>
    Damaged,
}

/// <summary>The backup and the manifest beside one driver, as they stand. Immutable.</summary>
internal sealed class Backup
{
    /// <summary>Bytes; a manifest has some 700.</summary>
    public const int MaxManifestSize = 64 * 1024;

    private Backup(string driverPath) => DriverPath = driverPath;

    public string DriverPath { get; }

    public string BackupPath => FileNames.BackupOf(DriverPath);

    public string ManifestPath => FileNames.ManifestOf(DriverPath);

    /// <summary>The original's bytes; null: there is no backup.</summary>
    public byte[]? Bytes { get; private set; }

    public string? Sha256 { get; private set; }

    /// <summary>What the backup is; null without one.</summary>
    public DriverReport? Report { get; private set; }

    public Manifest? Manifest { get; private set; }

    public byte[]? ManifestBytes { get; private set; }

    /// <summary>What is damaged, or null.</summary>
    public Phrase? Problem { get; private set; }

    public static Backup Read(IDiskSteps disk, string driverPath)
    {
        var state = new Backup(driverPath);
        try
        {
            state.Bytes = ReadPlain(disk, state.BackupPath, FileNames.MaxDriverSize);
            state.ManifestBytes = ReadPlain(disk, state.ManifestPath, MaxManifestSize);
        }
        catch (DiskProblemException e)
        {
            state.Problem = e.Shown;
            return state;
        }

        state.Sha256 = state.Bytes == null ? null : Files.Sha256.Of(state.Bytes);
        state.Report = state.Bytes == null ? null : DriverExaminer.Examine(state.Bytes);
        state.Manifest = state.ManifestBytes == null ? null : Manifest.FromBytes(state.ManifestBytes);
        state.Problem = state.ManifestBytes != null && state.Manifest == null ? new Phrase(TextKey.ManifestDamaged)
            : state.Manifest != null && state.Sha256 != null && state.Sha256 != state.Manifest.OriginalSha256
                ? new Phrase(TextKey.BackupIsNotManifests)
            : state.Report != null && state.Report.Status != DriverStatus.Found ? new Phrase(TextKey.BackupIsNoDriver)
            : null;
        return state;
    }

    /// <summary>How a file with this hash relates to what stands beside it.</summary>
    /// <param name="driverSha256">Null: the driver is gone.</param>
    public Relation RelationOf(string? driverSha256)
    {
        if (Problem != null)
        {
            return Relation.Damaged;
        }

        if (Sha256 == null)
        {
            return Manifest == null ? Relation.None : driverSha256 == Manifest.OriginalSha256 ? Relation.Original : Relation.Damaged;
        }

        return driverSha256 == null ? Relation.Missing
            : driverSha256 == Sha256 ? Relation.Original
            : Manifest == null ? Relation.Unproven
            : driverSha256 == Manifest.PatchedSha256 || driverSha256 == Manifest.PreviousSha256 ? Relation.Patched
            : Relation.Foreign;
    }

    /// <summary>Of the build that it is of; null: not known.</summary>
    public FileVersion? Version => Report?.FileVersion;

    /// <summary>Where it stays when a backup of another build takes its place.</summary>
    public string OldBackupPath => FileNames.OldBackupOf(DriverPath, Build);

    public string OldManifestPath => FileNames.OldManifestOf(DriverPath, Build);

    /// <summary>What its build is called in a file name.</summary>
    private string Build => (Version == null ? "" : Version + "-") + Sha256!.Substring(0, 8);

    /// <summary>
    /// Whether a driver differs from the backup in nothing but limit and checksum, wherever the backup has these.
    /// </summary>
    public bool IsOfBuild(byte[] driver)
    {
        if (Bytes == null || driver.Length != Bytes.Length)
        {
            return false;
        }

        var limit = Report!.Location?.FileOffset.Value ?? int.MaxValue - 4;
        var checksum = Report.Checksum?.Field.Value ?? int.MaxValue - 4;
        for (var i = 0; i < driver.Length; i++)
        {
            if (driver[i] != Bytes[i] && !(i >= limit && i < limit + 4) && !(i >= checksum && i < checksum + 4))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Something else than a plain file in a backup's place is not ours.</summary>
    private static byte[]? ReadPlain(IDiskSteps disk, string path, int maxBytes)
    {
        switch (disk.KindOf(path))
        {
            case DiskEntry.None:
                return null;
            case DiskEntry.File:
                return disk.Read(path, maxBytes);
            default:
                throw new DiskProblemException(path, new Phrase(TextKey.NoPlainFileOfOurs));
        }
    }
}
