using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>Why a copy is refused, with the flag that overrules it.</summary>
internal static class Refusals
{
    public static string? Reason(PatchItem item) => With(item.Reason, item.OverruledBy);

    public static string? Reason(RestoreItem item) => With(item.Reason, item.OverruledBy);

    private static string? With(string? reason, Overruling by) => reason is null ? null : Overruled(DriverPaths.Shown(reason), by);

    private static string Overruled(string reason, Overruling by) => by switch
    {
        Overruling.BadChecksum => reason + " --allow-bad-checksum patches it nevertheless and puts the checksum right.",
        Overruling.OtherBytes =>
            reason + " Get a sound copy; --allow-bad-checksum --force patches this one, when you vouch for every other byte of it.",
        Overruling.OurBackup => reason + " --force puts our backup over it.",
        Overruling.Downgrade => reason + " --downgrade does it nevertheless.",
        Overruling.BackupFolder => reason + " That is --backup DIR.",
        _ => reason,
    };
}
