namespace HalfOpen.Windows.Files;

/// <summary>The errors of Windows that somebody can do something about, in one sentence each.</summary>
internal static class WindowsError
{
    public const int SharingViolation = 32;

    public static string Describe(Exception e) => (e.HResult & 0xFFFF) switch
    {
        5 => "access is denied: run this as an administrator, and look at who owns the file.",
        19 => "the disk is write-protected.",
        SharingViolation or 33 =>
            "another program has it open: close that and try again. The driver of the Windows that runs is always in use.",
        39 or 112 => "the disk is full; nothing of the old file was lost. Free some space and try again.",
        _ => e.Message.ReplaceLineEndings(" ").Trim(),
    };

    /// <summary>
    /// Whether somebody else has the file for himself. Elsewhere than on Windows .NET asks the system for a lock, and
    /// gives its number for "would block": 11 on Linux, 35 on macOS.
    /// </summary>
    public static bool IsSharingViolation(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) == SharingViolation : e.HResult is 11 or 35;
}
