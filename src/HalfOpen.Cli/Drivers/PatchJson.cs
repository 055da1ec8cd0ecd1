using HalfOpen.Driver;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>The document of <c>patch --json</c>.</summary>
/// <param name="Refused">Nothing was done, or all was taken back; <paramref name="Problem"/> says why.</param>
/// <param name="Written">True: the files are changed now. False: --dry-run, a refusal, or nothing to do.</param>
internal sealed record PatchDocument(uint Limit, bool DryRun, bool Refused, bool Written, string? Output,
    IReadOnlyList<PatchedDriverDocument> Drivers, IReadOnlyList<string> Notes, string? Problem)
{
    public int Version { get; init; } = 1;

    public static PatchDocument Of(PatchUnit unit, uint limit, bool dryRun, bool written, string? output, IReadOnlyList<string> notes,
        string? problem = null) =>
        new(limit, dryRun, unit.IsRefused || problem is not null, written, output,
            [.. unit.Items.Select(i => PatchedDriverDocument.Of(i, limit))], notes, problem);
}

/// <param name="Action">write, nothing, leave-out or refuse.</param>
/// <param name="OldBackup">Where the backup of a build that Windows replaced since is kept; null: there is
/// none.</param>
internal sealed record PatchedDriverDocument(
    string Path,
    string Kind,
    string Action,
    string? Reason,
    uint? LimitBefore,
    uint? LimitAfter,
    string? Sha256Before,
    string? Sha256After,
    string? Backup,
    string? OldBackup,
    IReadOnlyList<EditDocument> Edits)
{
    public static PatchedDriverDocument Of(PatchItem item, uint limit) => new(
        item.Driver.Path,
        item.Driver.Kind == DriverKind.Tcpip6 ? "tcpip6" : "tcpip",
        item.Action switch
            { PatchAction.Write => "write", PatchAction.Nothing => "nothing", PatchAction.LeaveOut => "leave-out", _ => "refuse" },
        Refusals.Reason(item),
        item.Driver.Report?.Limit,
        item.Action is PatchAction.Write or PatchAction.Nothing ? limit : item.Driver.Report?.Limit,
        item.Driver.Sha256,
        item.PatchedSha256 ?? item.Driver.Sha256,
        item.Action == PatchAction.Write ? item.Driver.Backup.ShownPath : null,
        item.SetsAside ? PatchPrinter.OldBackupOf(item) : null,
        [.. item.Edits.Select(e => new EditDocument(e.Name, e.Offset.Value, PatchPrinter.Hex(e.Before), PatchPrinter.Hex(e.After)))]);
}

/// <param name="Before">Bytes in file order, as hexadecimal pairs.</param>
internal sealed record EditDocument(string Name, int FileOffset, string Before, string After);

/// <summary>The document of <c>restore --json</c>.</summary>
/// <param name="Refused">Nothing was done, or all was taken back; <paramref name="Problem"/> says why.</param>
internal sealed record RestoreDocument(bool DryRun, bool Refused, bool Written, IReadOnlyList<RestoredDriverDocument> Drivers,
    string? Problem)
{
    public int Version { get; init; } = 1;

    public static RestoreDocument Of(RestoreUnit unit, bool dryRun, bool written, string? problem = null) =>
        new(dryRun, unit.IsRefused || problem is not null, written, [.. unit.Items.Select(RestoredDriverDocument.Of)], problem);
}

/// <param name="Action">restore, clean-up, nothing or refuse.</param>
internal sealed record RestoredDriverDocument(string Path, string Action, string? Reason, uint? LimitBefore, string? Sha256Before,
    string? Sha256After, string? FileVersionBefore, string? FileVersionAfter)
{
    public static RestoredDriverDocument Of(RestoreItem item) => new(
        item.Driver.Path,
        item.Action switch
            { RestoreAction.Restore => "restore", RestoreAction.CleanUp => "clean-up", RestoreAction.Nothing => "nothing", _ => "refuse" },
        Refusals.Reason(item),
        item.Driver.Report?.Limit,
        item.Driver.Sha256,
        item.Action == RestoreAction.Restore ? item.Driver.Backup.BackupSha256 : item.Driver.Sha256,
        item.Driver.Report?.FileVersion?.ToString(),
        (item.Action == RestoreAction.Restore ? item.Driver.Backup.BackupVersion : item.Driver.Report?.FileVersion)?.ToString());
}
