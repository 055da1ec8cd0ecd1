using HalfOpen.Cli.CommandLine;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>A patch and a restore for people: each copy with what changes in it, down to the byte.</summary>
internal sealed class PatchPrinter(Terminal terminal)
{
    public static string Hex(byte[] bytes) => string.Join(' ', bytes.Select(b => b.ToString("X2")));

    public void Print(PatchItem item, uint newLimit)
    {
        var o = terminal.Out;
        o.WriteLine(terminal.Bold(DriverPaths.Shown(item.Driver.Path)));
        switch (item.Action)
        {
            case PatchAction.Write:
                o.WriteLine($"  Driver     {item.Driver.SystemText ?? "unknown system"}, {item.Driver.Size:N0} bytes");
                o.WriteLine($"  Limit      {item.Driver.Report!.Limit:N0} → {terminal.Bold($"{newLimit:N0}")}");
                if (item.Driver.Enforced == Enforcement.No)
                {
                    o.WriteLine("  Effect     " + terminal.Warn("none") + ": this is a server, which does not enforce the limit");
                }

                o.WriteLine("  Bytes      file offset  before       after");
                foreach (var edit in item.Edits)
                {
                    o.WriteLine(
                        $"             {edit.Offset.ToString().PadRight(11)}  {Hex(edit.Before)}  {terminal.Bold(Hex(edit.After))}  "
                        + $"{edit.Name}");
                }

                if (item.SetsAside)
                {
                    o.WriteLine(
                        $"  Backup     a new one; that of {item.Driver.Backup.BackupVersion?.ToString() ?? "another build"} is kept as "
                        + DriverPaths.Shown(Path.GetFileName(OldBackupOf(item))));
                }

                o.WriteLine($"  SHA-256    {item.Driver.Sha256} before");
                o.WriteLine($"             {item.PatchedSha256} after");
                break;
            case PatchAction.Nothing:
                o.WriteLine($"  {terminal.Good("✓")} already at {newLimit:N0}: nothing to do");
                break;
            case PatchAction.LeaveOut:
                o.WriteLine($"  {terminal.Warn("·")} left out: {Refusals.Reason(item)}");
                break;
            default:
                o.WriteLine($"  {terminal.Bad("✗")} refused: {Refusals.Reason(item)}");
                break;
        }

        o.WriteLine();
    }

    public static string OldBackupOf(PatchItem item) => item.Driver.Backup.ShownOldPath;

    /// <summary>A restore's two versions where they differ: <c>5.1.2600.5512 → 5.1.2600.2180</c>; else null.</summary>
    public static string? Versions(RestoreItem item) =>
        item.Action == RestoreAction.Restore && item.Driver.Report?.FileVersion is { } now && !now.Equals(item.Driver.Backup.BackupVersion)
            ? $"{now} → {item.Driver.Backup.BackupVersion?.ToString() ?? "unknown"}" : null;

    public void Print(RestoreItem item)
    {
        var o = terminal.Out;
        o.WriteLine(terminal.Bold(DriverPaths.Shown(item.Driver.Path)));
        o.WriteLine(item.Action switch
        {
            RestoreAction.Restore =>
                (Versions(item) is { } versions ? $"  Version    {terminal.Warn(versions)}\n" : "")
                + $"  Limit      {(item.Driver.Report?.Limit is { } limit ? $"{limit:N0}" : "unknown")} → "
                + $"{terminal.Bold(item.Driver.Backup.Manifest is { } m ? $"{m.OldLimit:N0}" : "the original")}\n"
                + $"  SHA-256    {item.Driver.Sha256 ?? "(the file is gone)"} before\n             {item.Driver.Backup.BackupSha256} "
                + $"after, as in {DriverPaths.Shown(Path.GetFileName(item.Driver.Backup.ShownPath))}",
            RestoreAction.CleanUp => $"  {terminal.Good("✓")} is the original already: only backup and manifest go away",
            RestoreAction.Nothing => $"  {terminal.Dim("·")} no backup of ours",
            _ => $"  {terminal.Bad("✗")} refused: {Refusals.Reason(item)}",
        });
        o.WriteLine();
    }

    /// <summary>What Windows will make of a patch.</summary>
    /// <param name="isSingle">The user named one file, so other copies may stand elsewhere.</param>
    public static IReadOnlyList<string> Notes(PatchUnit unit, bool isSingle, string? output)
    {
        var notes = new List<string>();
        if (output is not null)
        {
            notes.Add(
                "The input is untouched. Put the new file in place of every copy that Windows keeps (system32\\drivers, "
                + "system32\\dllcache, ServicePackFiles\\i386): a copy left behind undoes the patch.");
        }
        else if (isSingle)
        {
            notes.Add(
                "Windows keeps further copies (system32\\dllcache, ServicePackFiles\\i386): one left behind undoes the patch. "
                + "'halfopen patch' on the Windows folder does all of them.");
        }

        if (unit.Writes.FirstOrDefault(w => w.SetsAside) is { } replaced)
        {
            notes.Add(
                $"Windows had replaced the driver: the backup of {replaced.Driver.Backup.BackupVersion?.ToString() ?? "the old build"} "
                + $"is kept as {DriverPaths.Shown(Path.GetFileName(OldBackupOf(replaced)))}; 'restore' gives back the build of today. "
                + "Remove the old one when you like.");
        }

        foreach (var item in unit.Items.Where(i => i.Action == PatchAction.LeaveOut && i.Driver.Report is { System.IsNt6OrLater: true }))
        {
            notes.Add($"Left alone: {DriverPaths.Shown(item.Driver.Path)}, the driver of {item.Driver.SystemText}.");
        }

        notes.Add("Restart Windows: the new limit takes effect then, since the driver is read only at the start.");
        notes.Add(
            "Windows File Protection may say that a file was replaced and ask for the Windows CD: cancel, and choose to keep the file.");
        if (unit.Writes.Any(w => w.Driver.Enforced == Enforcement.No))
        {
            notes.Add("This is a server: it does not enforce the limit, so nothing will change.");
        }

        if (!unit.Items.Any(i => i.Driver.Kind == Driver.DriverKind.Tcpip6))
        {
            notes.Add("IPv6 has a limit of its own in tcpip6.sys; none stands here. When IPv6 is installed later, patch again.");
        }

        notes.Add(
            "A service pack or an update brings the stock file back: 'halfopen inspect' shows it, and a second patch lifts it again.");
        return notes;
    }

    public void PrintNotes(IReadOnlyList<string> notes)
    {
        foreach (var note in notes)
        {
            terminal.Out.WriteLine("  " + terminal.Bold("→ ") + note);
        }
    }
}
