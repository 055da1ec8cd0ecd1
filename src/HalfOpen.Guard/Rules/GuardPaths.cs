using System.Globalization;
using System.Runtime.InteropServices;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Where a running guard keeps its lock, its status socket and the note of what it put into the packet filter. One set per network namespace, named by the namespace's inode. Immutable, thread-safe.
/// </summary>
public sealed partial record GuardPaths(string Folder, string NamespaceId)
{
    /// <summary>Default folder; root's, readable by the group <see cref="GroupName"/> where that exists.</summary>
    public const string DefaultFolder = "/run/halfopen";

    /// <summary>Members may ask for the status and change the limit.</summary>
    public const string GroupName = "halfopen";

    private const int KeepOwner = 0;

    public string Lock => Path.Combine(Folder, $"guard-{NamespaceId}.lock");

    public string Socket => Path.Combine(Folder, $"guard-{NamespaceId}.sock");

    /// <summary>Names the back end whose rules are in place; outlives a killed guard.</summary>
    public string RulesNote => Path.Combine(Folder, $"guard-{NamespaceId}.rules");

    /// <summary>The folder: HALFOPEN_RUNTIME_DIR where set (tests, containers), else <see cref="DefaultFolder"/>.</summary>
    public static string FolderInUse => Environment.GetEnvironmentVariable("HALFOPEN_RUNTIME_DIR") is { Length: > 0 } folder ? folder : DefaultFolder;

    /// <summary>For the network namespace of the calling thread.</summary>
    public static GuardPaths ForThisThread() => new(FolderInUse, NamespaceOfThisThread());

    /// <summary>Makes the folder: 0750, root and the group.</summary>
    public void CreateFolder()
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        GiveToGroup(Folder);
    }

    /// <summary>Lets the group use a file that its mode opens to a group. Without the group, or without root, nothing changes: root alone may.</summary>
    public static void GiveToGroup(string path)
    {
        if (GroupId() is { } group && Environment.IsPrivilegedProcess)
        {
            _ = Chown(path, KeepOwner, group);
        }
    }

    private static string NamespaceOfThisThread()
    {
        // The link's text is "net:[4026531833]".
        var text = new FileInfo("/proc/thread-self/ns/net").LinkTarget ?? "";
        var digits = string.Concat(text.Where(char.IsAsciiDigit));
        return digits.Length > 0 ? digits : "unknown";
    }

    /// <summary>Whether a user is in the group, by /etc/passwd and /etc/group.</summary>
    public static bool IsInGroup(uint user)
    {
        var (name, primary) = ("", "");
        foreach (var fields in Fields("/etc/passwd"))
        {
            if (fields.Length >= 4 && fields[2] == user.ToString(CultureInfo.InvariantCulture))
            {
                (name, primary) = (fields[0], fields[3]);
            }
        }

        return name.Length > 0 && Fields("/etc/group").Any(f => f.Length >= 4 && f[0] == GroupName && (f[2] == primary || f[3].Split(',').Contains(name)));
    }

    /// <summary>Effective user id of this process.</summary>
    public static uint OwnUserId() => EffectiveUser();

    private static uint? GroupId()
    {
        foreach (var fields in Fields("/etc/group"))
        {
            if (fields.Length >= 3 && fields[0] == GroupName && uint.TryParse(fields[2], out var id))
            {
                return id;
            }
        }

        return null;
    }

    private static List<string[]> Fields(string file)
    {
        try
        {
            return [.. File.ReadLines(file).Select(l => l.Split(':'))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint owner, uint group);
}
