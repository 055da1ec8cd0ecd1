namespace HalfOpen.Windows.Files;

/// <summary>
/// The names of what stands beside a patched driver. Also compiled into HalfOpen.exe, for .NET Framework 2.0: nothing
/// newer in here.
/// </summary>
public static class FileNames
{
    /// <summary>The original, byte for byte, is <c>tcpip.sys.halfopen-backup</c>.</summary>
    public const string BackupSuffix = ".halfopen-backup";

    /// <summary>
    /// What was done, for people and for <c>restore</c>, is in <c>tcpip.sys.halfopen-manifest.json</c>.
    /// </summary>
    public const string ManifestSuffix = ".halfopen-manifest.json";

    /// <summary>
    /// Content that waits to be renamed is <c>NAME.halfopen-tmp-</c> and 8 hexadecimal digits. One that outlives its
    /// process is swept by the next run.
    /// </summary>
    public const string TemporaryInfix = ".halfopen-tmp-";

    private const string OldInfix = "-of-", OldManifestInfix = ".halfopen-manifest" + OldInfix;

    /// <summary>Bytes. Genuine drivers have less than 1 MB; what is larger is no tcpip.sys and is not read.</summary>
    public const int MaxDriverSize = 16 * 1024 * 1024;

    public static string BackupOf(string path) => path + BackupSuffix;

    public static string ManifestOf(string path) => path + ManifestSuffix;

    /// <summary>
    /// Where the backup of a build that Windows has replaced stays: <c>tcpip.sys.halfopen-backup-of-5.1.2600.2180</c>
    /// and the first digits of its hash. No search takes it for a backup that is in use.
    /// </summary>
    /// <param name="build">What the build is called in a name.</param>
    public static string OldBackupOf(string path, string build) => SetAside(BackupOf(path), build);

    /// <summary>The other name of a backup, wherever that stands.</summary>
    public static string SetAside(string backup, string build) => backup + OldInfix + build;

    public static string OldManifestOf(string path, string build) => path + OldManifestInfix + build + ".json";

    /// <summary>
    /// Where the part of a path begins that makes it an old backup or an old manifest; what is before it is the
    /// driver. -1 for any other path.
    /// </summary>
    /// <param name="isBackup">Whether it is an old backup; else an old manifest, or neither.</param>
    public static int OldPartOf(string path, out bool isBackup)
    {
        var name = Path.GetFileName(path);
        var backup = name.LastIndexOf(BackupSuffix + OldInfix, StringComparison.Ordinal);
        var manifest = name.LastIndexOf(OldManifestInfix, StringComparison.Ordinal);
        isBackup = backup > manifest;
        var at = Math.Max(backup, manifest);
        return at < 0 ? at : path.Length - name.Length + at;
    }

    /// <summary>Whether a name is one of the two drivers', in any case of letters.</summary>
    public static bool IsDriverName(string name) =>
        name.Equals("tcpip.sys", StringComparison.OrdinalIgnoreCase) || name.Equals("tcpip6.sys", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether <paramref name="name"/> is staged content of <paramref name="target"/>.</summary>
    public static bool IsTemporaryOf(string name, string target)
    {
        var prefix = target + TemporaryInfix;
        if (name.Length != prefix.Length + 8 || !name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        for (var i = prefix.Length; i < name.Length; i++)
        {
            if (name[i] is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
            {
                return false;
            }
        }

        return true;
    }
}
