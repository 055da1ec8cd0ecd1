using HalfOpen.Driver;

namespace HalfOpen.Windows.Lifting;

/// <summary>What to do about a driver, in one sentence.</summary>
internal static class Advice
{
    private const string RegistryValue = @"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\EnableConnectionRateLimiting";

    public static string For(Inspection driver) => driver.Status switch
    {
        DriverStatus.Unreadable => "Not a readable driver, so nothing will be written: " + driver.Problem,
        _ when driver.Report!.System.IsNt6OrLater => OfSystem(driver)!,
        _ when driver.Report.HasEmbeddedSignature => "The file carries a digital signature, which any change would break: leave it alone.",
        DriverStatus.Ambiguous => "More than one place could be the limit, so nothing will be written.",
        DriverStatus.NotFound =>
            OfSystem(driver) ?? "The evidence for a limit is not complete, so nothing will be written: " + Missing(driver),
        _ => Found(driver),
    };

    private static string Found(Inspection driver)
    {
        var report = driver.Report!;
        if (!report.Checksum!.IsValid)
        {
            return driver.KnownOriginal is { } known
                ? $"The stored checksum does not match, but every other byte is that of {known}: somebody set the limit carelessly, and "
                    + "'halfopen patch' puts it right when a wrong checksum is allowed."
                : "The stored checksum does not match: the file is damaged or was edited carelessly, so get a sound copy before you "
                    + "patch.";
        }

        if (report.LimitBlocksEverything)
        {
            return driver.Origin == Origin.Halfopen
                ? "With this limit every attempt queues for ever: set a usable one with 'halfopen patch' or go back with 'halfopen "
                    + "restore'."
                : "With this limit every attempt queues for ever: set a usable one with 'halfopen patch'.";
        }

        if (driver.HasStaleBackup)
        {
            return Stale(driver);
        }

        if (driver.Relation == BackupRelation.IsForeign)
        {
            return "Somebody else changed this file after our patch: 'halfopen patch' sets the limit again, 'halfopen restore "
                + "--force' brings the original back.";
        }

        if (driver.Origin == Origin.Halfopen)
        {
            return "Patched by halfopen: takes effect at the next start of Windows; 'halfopen restore' brings the original back.";
        }

        if (driver.Enforced == Enforcement.No)
        {
            return "The limit stands in the file, but a server does not enforce it: there is no need to patch.";
        }

        if (driver.Origin == Origin.Other)
        {
            return "Patched before by another tool, without a backup of ours: 'halfopen patch' can set another limit.";
        }

        return driver.Enforced == Enforcement.Unknown
            ? "XP x64 enforces this limit and Server 2003 does not: on XP raise it with 'halfopen patch' (to 100 unless you say otherwise)."
            : "Raise it with 'halfopen patch' (to 100 unless you say otherwise).";
    }

    /// <summary>Never the way back: it would put an old driver under a Windows that has been updated since.</summary>
    private static string Stale(Inspection driver) =>
        (driver.IsOnMedium ? "This file was replaced since our patch (by a slipstreamed update?)"
            : "Windows has replaced this file since our patch (an update, or the removal of one)")
        + $": it is {Named(driver.Report!.FileVersion)} now "
        + $"and our backup is of {Named(driver.Backup.BackupVersion)}. "
        + (driver.Enforced == Enforcement.No ? "A server does not enforce the limit, so there is no need to patch again."
            : "'halfopen patch' lifts the limit again; it sets the old backup aside and takes a new one.");

    internal static string Named(FileVersion? version) => version?.ToString() ?? "an unknown version";

    /// <summary>
    /// What the system's design means where there is nothing to patch; null where the file should have a limit.
    /// </summary>
    private static string? OfSystem(Inspection driver) => driver.Design switch
    {
        LimiterDesign.None or LimiterDesign.VistaByte when LaterServicePack(driver) is { } pack =>
            $"This file is older than Service Pack {pack}, which this Windows has: another copy is in use, so look at that one.",
        LimiterDesign.None => "This system has no limit on half-open connections: there is nothing to lift.",
        LimiterDesign.VistaByte =>
            "Vista and Server 2008 before Service Pack 2 keep the limit in one byte of a signed driver, which is never patched: "
            + "install Service Pack 2, where the limit is off by default.",
        LimiterDesign.RegistryValue => $"This system limits attempts only when the registry value {RegistryValue} is 1; {OfValue(driver)}.",
        LimiterDesign.OtherDesign =>
            "A limiter of another design is in this driver, off unless switched on, and the file is signed: never patch it.",
        _ => null,
    };

    /// <summary>
    /// The service pack of the installation when its limiter is of another design than this file's, so that the file
    /// cannot be the one in use; else null.
    /// </summary>
    private static int? LaterServicePack(Inspection driver) => (driver.Report!.FileVersion, driver.Registry?.ServicePack) switch
    {
        ({ Major: 5, Minor: 1 } or { Major: 6, Minor: 0 }, >= 2 and var pack) => pack, // XP before SP2: no limit; Vista before SP2: a byte
        ({ Major: 5, Minor: 2 }, >= 1 and var pack) => pack, // Server 2003 before SP1: no limit
        _ => null,
    };

    private static string OfValue(Inspection driver) => driver.Registry switch
    {
        null => "no registry was found beside this file, so look there: absent or 0 means no limit",
        { Problem: { } problem } => "the registry beside this file could not be read (" + problem.TrimEnd('.') + ")",
        { EnableConnectionRateLimiting: null } => "it is absent here, so there is no limit to lift",
        { EnableConnectionRateLimiting: 1 } => "it is 1 here: delete it or set it to 0 and restart",
        { EnableConnectionRateLimiting: var value } => $"it is {value} here, so there is no limit to lift",
    };

    private static string Missing(Inspection driver) =>
        driver.Report!.MissingEvidence.FirstOrDefault() is { } first
            ? first.Name + ": " + first.Detail.TrimEnd('.') + "." : "see the list.";
}
