using System.Security.Cryptography;
using HalfOpen.Driver;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>
/// How a driver relates to the backup and manifest beside it. Table of all states:
/// docs/decisions/0020-every-file-is-whole.md.
/// </summary>
public enum BackupRelation
{
    /// <summary>Neither backup nor manifest.</summary>
    None,

    /// <summary>
    /// The file is the original: a patch was interrupted before it, or a restore after it; or Windows put the original
    /// back.
    /// </summary>
    IsOriginal,

    /// <summary>The file is as a patch of ours left it.</summary>
    IsPatched,

    /// <summary>The file is neither the original nor what we wrote: somebody else changed it.</summary>
    IsForeign,

    /// <summary>The file is gone; its backup is there.</summary>
    IsMissing,

    /// <summary>A backup without a manifest whose file differs from it: nothing proves which is which.</summary>
    IsUnproven,

    /// <summary>Backup or manifest is damaged or gone; <see cref="BackupState.Problem"/> says which.</summary>
    IsDamaged,
}

/// <summary>The backup and the manifest beside one driver, as they stand; not their content. Immutable.</summary>
public sealed class BackupState
{
    /// <summary>Bytes; a manifest has some 700.</summary>
    internal const int MaxManifestSize = 64 * 1024;

    private BackupState(string driverPath, string? backupSha256, DriverReport? backup, BackupManifest? manifest, string? problem)
    {
        DriverPath = driverPath;
        BackupSha256 = backupSha256;
        BackupVersion = backup?.FileVersion;
        BackupLimit = backup?.Limit;
        Manifest = manifest;
        Problem = problem
            ?? (manifest is not null && backupSha256 is not null && backupSha256 != manifest.OriginalSha256
                ? "the backup is not the file that its manifest names: one of the two is damaged."
            : backup is not null && backup.Status != DriverStatus.Found ? "the backup is no driver with a limit, so it is none of ours."
            : null);
    }

    public string DriverPath { get; }

    /// <value>Where a person finds the backup: the file beside the driver, or the journal beside an image.</value>
    public string ShownPath { get; private init; } = "";

    /// <value>Where a person finds it once it is set aside.</value>
    public string ShownOldPath => FileNames.SetAside(ShownPath, BackupBuild);

    public string BackupPath => FileNames.BackupOf(DriverPath);

    public string ManifestPath => FileNames.ManifestOf(DriverPath);

    /// <value>Null: there is no backup.</value>
    public string? BackupSha256 { get; }

    public FileVersion? BackupVersion { get; }

    /// <value>What the backup's build is called in a file name: its version and the first digits of its hash.</value>
    public string BackupBuild => (BackupVersion is null ? "" : BackupVersion + "-") + BackupSha256?[..8];

    /// <value>The limit that the backup holds.</value>
    public uint? BackupLimit { get; }

    public BackupManifest? Manifest { get; }

    /// <value>What is damaged, one sentence, or null.</value>
    public string? Problem { get; }

    /// <summary>Reads what stands beside a driver.</summary>
    public static BackupState Read(IFileStore store, string driverPath) => Read(store, driverPath, out _);

    internal static BackupState Read(IFileStore store, string driverPath, out byte[]? backup)
    {
        backup = null;
        try
        {
            backup = ReadPlain(store, FileNames.BackupOf(driverPath), FileNames.MaxDriverSize);
            var manifestBytes = ReadPlain(store, FileNames.ManifestOf(driverPath), MaxManifestSize);
            var manifest = manifestBytes is null ? null : BackupManifest.FromBytes(manifestBytes);
            return new BackupState(
                driverPath,
                backup is null ? null : Hash(backup),
                backup is null ? null : DriverExaminer.Examine(backup),
                manifest,
                manifestBytes is not null && manifest is null ? "the manifest beside it is damaged." : null)
            {
                ShownPath = store.ShownBackupOf(driverPath),
            };
        }
        catch (FileProblemException e)
        {
            return new BackupState(driverPath, null, null, null, e.Message) { ShownPath = store.ShownBackupOf(driverPath) };
        }
    }

    /// <summary>How a file with this hash relates to what stands beside it.</summary>
    /// <param name="driverSha256">Null: the driver is gone.</param>
    public BackupRelation RelationOf(string? driverSha256) => (BackupSha256, Manifest, driverSha256) switch
    {
        _ when Problem is not null => BackupRelation.IsDamaged,
        (null, null, _) => BackupRelation.None,
        (null, { } m, _) => driverSha256 == m.OriginalSha256 ? BackupRelation.IsOriginal : BackupRelation.IsDamaged,
        (_, _, null) => BackupRelation.IsMissing,
        _ when driverSha256 == BackupSha256 => BackupRelation.IsOriginal,
        (_, null, _) => BackupRelation.IsUnproven,
        (_, { } m, _) =>
            driverSha256 == m.PatchedSha256 || driverSha256 == m.PreviousSha256 ? BackupRelation.IsPatched : BackupRelation.IsForeign,
    };

    /// <summary>
    /// Whether two drivers differ in nothing but the limit and the checksum, wherever the backup has these.
    /// </summary>
    internal static bool IsSameBuild(byte[] driver, byte[] backup)
    {
        if (driver.Length != backup.Length)
        {
            return false;
        }

        var report = DriverExaminer.Examine(backup);
        var limit = report.Location?.FileOffset.Value ?? int.MaxValue - 4;
        var checksum = report.Checksum?.Field.Value ?? int.MaxValue - 4;
        for (var i = 0; i < driver.Length; i++)
        {
            if (driver[i] != backup[i] && !(i >= limit && i < limit + 4) && !(i >= checksum && i < checksum + 4))
            {
                return false;
            }
        }

        return true;
    }

    internal static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A link in a backup's place is not ours: following it could read or show anything.</summary>
    private static byte[]? ReadPlain(IFileStore store, string path, int maxBytes) => store.Find(path) switch
    {
        null => null,
        { Kind: EntryKind.File } => store.Read(path, maxBytes),
        _ => throw new FileProblemException(path, "this should be a plain file of ours and is not: look at it and move it away."),
    };
}
