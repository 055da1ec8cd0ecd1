using HalfOpen.Linux;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Where a running guard keeps its lock, its status socket and the note of what it put into the packet filter. One set
/// per network namespace, named by the namespace's inode. Immutable, thread-safe.
/// </summary>
public sealed record GuardPaths(string Folder, string NamespaceId)
{
    /// <summary>Default folder; root's, readable by the group <see cref="GroupName"/> where that exists.</summary>
    public const string DefaultFolder = "/run/halfopen";

    /// <summary>Members may ask for the status and change the limit.</summary>
    public const string GroupName = "halfopen";

    public string Lock => Path.Combine(Folder, $"guard-{NamespaceId}.lock");

    public string Socket => Path.Combine(Folder, $"guard-{NamespaceId}.sock");

    /// <summary>Names the back end whose rules are in place; outlives a killed guard.</summary>
    public string RulesNote => Path.Combine(Folder, $"guard-{NamespaceId}.rules");

    /// <summary>
    /// The folder: HALFOPEN_RUNTIME_DIR where set (tests, containers), else <see cref="DefaultFolder"/>.
    /// </summary>
    public static string FolderInUse =>
        Environment.GetEnvironmentVariable("HALFOPEN_RUNTIME_DIR") is { Length: > 0 } folder ? folder : DefaultFolder;

    /// <summary>For the network namespace of the calling thread.</summary>
    public static GuardPaths ForThisThread() => new(FolderInUse, NamespaceOfThisThread());

    /// <summary>Makes the folder: 0750, root and the group.</summary>
    public void CreateFolder()
    {
        Directory.CreateDirectory(Folder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        Accounts.GiveToGroup(Folder, GroupName);
    }

    /// <summary>
    /// Owner, group and rights of a file as those of the control socket (0660), also where it was there before; a
    /// device or a pipe stays as it is.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">It is somebody else's.</exception>
    public static void GiveToThoseWhoMayAsk(string path, SafeFileHandle file)
    {
        var real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        if (real.StartsWith("/dev/", StringComparison.Ordinal) || real.StartsWith("/proc/", StringComparison.Ordinal))
        {
            return;
        }

        Accounts.GiveToGroup(file, GroupName);
        File.SetUnixFileMode(file,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    private static string NamespaceOfThisThread()
    {
        // The link's text is "net:[4026531833]".
        var text = new FileInfo("/proc/thread-self/ns/net").LinkTarget ?? "";
        var digits = string.Concat(text.Where(char.IsAsciiDigit));
        return digits.Length > 0 ? digits : "unknown";
    }
}
