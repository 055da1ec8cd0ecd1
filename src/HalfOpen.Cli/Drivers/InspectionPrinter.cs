using HalfOpen.Cli.CommandLine;
using HalfOpen.Driver;
using HalfOpen.Windows.Hives;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>A driver for people: the limit first, then what proves it, then one sentence of advice.</summary>
internal sealed class InspectionPrinter(Terminal terminal, bool quiet) : IInspectionReport
{
    private const int LabelWidth = 11;

    public void Add(Inspection driver)
    {
        var o = terminal.Out;
        o.WriteLine(terminal.Bold(DriverPaths.Shown(driver.Path)));
        if (driver.Report is { } report && report.Status != DriverStatus.Unreadable)
        {
            Row("Driver", Headline(driver, report));
            Row("Limit", LimitText(driver, report));
            if (report.Location is { } location)
            {
                Row("Where",
                    $"file offset {location.FileOffset}, VA {location.VirtualAddress}, section {DriverPaths.Shown(location.Section)}");
            }

            if (driver.Packing is not null)
            {
                Row("Packed", driver.Packing);
            }

            Row("Origin", OriginText(driver));
            Row("Checksum", ChecksumText(report.Checksum!));
            Row("Signature", report.HasEmbeddedSignature
                ? terminal.Warn("embedded certificate") : "none embedded (NT5 drivers are signed by a catalog)");
            Row("SHA-256", driver.Sha256!);
            if (!quiet)
            {
                PrintEvidence(report);
            }
        }
        else
        {
            Row("Limit", terminal.Bad("unreadable") + ": " + DriverPaths.Shown(driver.Problem ?? ""));
            Row("Size", $"{driver.Size:N0} bytes");
        }

        if (!quiet)
        {
            o.WriteLine("  " + terminal.Bold("→ ") + DriverPaths.Shown(driver.Advice));
        }

        o.WriteLine();
    }

    public void End(Inspector inspector, ImageDocument? image)
    {
        foreach (var registry in inspector.Registries)
        {
            Print(registry);
        }

        if (inspector.RegistriesLeftOut > 0)
        {
            terminal.Out.WriteLine($"and {inspector.RegistriesLeftOut:N0} more registries");
        }
    }

    public void Dispose()
    {
        // Every line is written as it comes.
    }

    private void Print(SystemFacts registry)
    {
        var o = terminal.Out;
        o.WriteLine(terminal.Bold(DriverPaths.Shown(registry.Path)));
        if (registry.Problem is not null)
        {
            Row("Registry", terminal.Warn("not used: ") + DriverPaths.Shown(registry.Problem));
            o.WriteLine();
            return;
        }

        Row("Registry",
            $"control set {registry.ControlSet}, "
            + $"{ProductText(registry)}{(registry.ServicePack is { } pack and > 0 ? $", Service Pack {pack}" : "")}");
        Row("Rate limit", registry.EnableConnectionRateLimiting is { } value
            ? $"EnableConnectionRateLimiting = {value}" : "EnableConnectionRateLimiting is absent");
        if (registry.IsDirty)
        {
            Row("State", terminal.Warn("dirty") + ": Windows is running or did not shut down, so these values may be old (reading only)");
        }

        if (!registry.IsChecksumValid)
        {
            Row("State", terminal.Warn("the hive's own checksum does not match"));
        }

        o.WriteLine();
    }

    private static string Headline(Inspection driver, DriverReport report)
    {
        var kind = driver.Kind == DriverKind.Tcpip6 ? "tcpip6.sys" : "tcpip.sys";
        var architecture = report.Architecture switch
            { DriverArchitecture.X86 => "x86", DriverArchitecture.X64 => "x64", _ => "another processor" };
        var version = report.FileVersion is null ? " (no version)" : $", version {report.FileVersion}";
        return $"{kind} of {driver.SystemText ?? "an unknown system"}{version}, {architecture}, {driver.Size:N0} bytes";
    }

    private static string ProductText(SystemFacts registry) => registry.ProductType switch
    {
        ProductType.Workstation => "workstation (WinNT)",
        ProductType.Server => $"server ({registry.ProductTypeText})",
        _ => "product type unknown",
    };

    private string LimitText(Inspection driver, DriverReport report) => report.Status switch
    {
        DriverStatus.Found =>
            terminal.Bold($"{report.Limit:N0}") + " half-open attempts, "
            + (report.LimitBlocksEverything ? terminal.Bad("unusable: every attempt queues for ever") : driver.Enforced switch
        {
            Enforcement.Yes => "enforced",
            Enforcement.No => "not enforced: this is a server",
            _ => "enforced if this is a workstation (unknown without its registry)",
        }),
        DriverStatus.Ambiguous => terminal.Warn("ambiguous") + ": more than one place could be the limit",
        _ => terminal.Warn("none found"),
    };

    private string OriginText(Inspection driver)
    {
        var known = driver.KnownAs is { } name ? $" ({name})" : "";
        var text = driver.Origin switch
        {
            Origin.Stock => terminal.Good("stock") + (known.Length > 0 ? known : ", as far as limit and checksum tell"),
            Origin.Halfopen =>
                $"patched by halfopen from {driver.Backup.Manifest!.OldLimit:N0} on {driver.Backup.Manifest.TimeUtc:yyyy-MM-dd HH:mm} "
                + $"UTC; the backup is there",
            Origin.Other =>
                terminal.Warn("patched by another tool") + known
                + (driver.HasStaleBackup ? ""
                    : driver.Relation == BackupRelation.IsForeign ? ", over our patch; our backup is there"
                    : ": the limit is not 10 and there is no backup of ours"),
            _ => driver.IsFound ? "unknown" : "not patchable",
        };
        return driver.Relation switch
        {
            BackupRelation.IsDamaged => text + "; " + terminal.Bad("backup: ") + DriverPaths.Shown(driver.Backup.Problem ?? ""),
            BackupRelation.IsOriginal => text + "; an unfinished patch or restore left a backup ('halfopen restore' clears it)",
            _ when driver.HasStaleBackup => text
                + $"; the backup is of another build ({driver.Backup.BackupVersion?.ToString() ?? "no version"})",
            BackupRelation.IsUnproven => text + "; a backup without manifest stands beside it",
            _ => text,
        };
    }

    private string ChecksumText(ChecksumReport checksum) => checksum.IsValid
        ? $"0x{checksum.Stored:X}, " + terminal.Good("right")
        : terminal.Bad("wrong") + $": stored 0x{checksum.Stored:X}, computed 0x{checksum.Computed:X}";

    private void PrintEvidence(DriverReport report)
    {
        Row("Evidence", $"{report.Evidence.Count(e => e.Holds == true)} of {report.Evidence.Count}");
        foreach (var item in report.Evidence)
        {
            var mark = item.Holds switch { true => terminal.Good("✓"), false => terminal.Bad("✗"), _ => terminal.Dim("·") };
            terminal.Out.WriteLine($"    {mark} {item.Name.PadRight(16)} {terminal.Dim(DriverPaths.Shown(item.Detail))}");
        }
    }

    private void Row(string label, string text) => terminal.Out.WriteLine($"  {label.PadRight(LabelWidth)}{text}");
}
