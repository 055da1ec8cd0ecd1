using System.Security.Cryptography;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>How a driver relates to the backup and manifest beside it. Table of all states: docs/decisions/0020-every-file-is-whole.md.</summary>
public enum BackupRelation
{
    /// <summary>Neither backup nor manifest.</summary>
    None,

    /// <summary>The file is the original: a patch was interrupted before it, or a restore after it; or Windows put the original back.</summary>
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

/// <summary>The backup and the manifest beside one driver, as they stand. Immutable.</summary>
public sealed class BackupState
{
    /// <summary>Bytes; a manifest has some 700.</summary>
    private const int MaxManifestSize = 64 * 1024;

    private BackupState(string driverPath, byte[]? backup, BackupManifest? manifest, byte[]? manifestBytes, string? problem)
    {
        DriverPath = driverPath;
        Backup = backup;
        BackupSha256 = backup is null ? null : Hash(backup);
        Manifest = manifest;
        ManifestBytes = manifestBytes;
        Problem = problem ?? (manifest is not null && BackupSha256 is not null && BackupSha256 != manifest.OriginalSha256
            ? "the backup is not the file that its manifest names: one of the two is damaged."
            : null);
    }

    public string DriverPath { get; }

    public string BackupPath => FileNames.BackupOf(DriverPath);

    public string ManifestPath => FileNames.ManifestOf(DriverPath);

    /// <value>The original's bytes, or null when there is no backup.</value>
    public byte[]? Backup { get; }

    public string? BackupSha256 { get; }

    public BackupManifest? Manifest { get; }

    /// <value>The manifest as it stands, to put it back when a patch is undone.</value>
    internal byte[]? ManifestBytes { get; }

    /// <value>What is damaged, one sentence, or null.</value>
    public string? Problem { get; }

    public static BackupState Read(IFileStore store, string driverPath)
    {
        try
        {
            var backup = ReadPlain(store, FileNames.BackupOf(driverPath), FileNames.MaxDriverSize);
            var manifestBytes = ReadPlain(store, FileNames.ManifestOf(driverPath), MaxManifestSize);
            var manifest = manifestBytes is null ? null : BackupManifest.FromBytes(manifestBytes);
            return new BackupState(driverPath, backup, manifest, manifestBytes, manifestBytes is not null && manifest is null ? "the manifest beside it is damaged." : null);
        }
        catch (FileProblemException e)
        {
            return new BackupState(driverPath, null, null, null, e.Message);
        }
    }

    /// <summary>How a file with this hash relates to what stands beside it.</summary>
    /// <param name="driverSha256">Null: the driver is gone.</param>
    public BackupRelation RelationOf(string? driverSha256) => (Backup, Manifest, driverSha256) switch
    {
        _ when Problem is not null => BackupRelation.IsDamaged,
        (null, null, _) => BackupRelation.None,
        (null, { } m, _) => driverSha256 == m.OriginalSha256 ? BackupRelation.IsOriginal : BackupRelation.IsDamaged,
        (_, _, null) => BackupRelation.IsMissing,
        _ when driverSha256 == BackupSha256 => BackupRelation.IsOriginal,
        (_, null, _) => BackupRelation.IsUnproven,
        (_, { } m, _) => driverSha256 == m.PatchedSha256 || driverSha256 == m.PreviousSha256 ? BackupRelation.IsPatched : BackupRelation.IsForeign,
    };

    internal static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A link in a backup's place is not ours: following it could read or show anything.</summary>
    private static byte[]? ReadPlain(IFileStore store, string path, int maxBytes) => store.Find(path) switch
    {
        null => null,
        { Kind: EntryKind.File } => store.Read(path, maxBytes),
        _ => throw new FileProblemException(path, "this should be a plain file of ours and is not: look at it and move it away."),
    };
}
