using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Linux;

/// <summary>
/// Users and groups of this machine, by <c>/etc/passwd</c> and <c>/etc/group</c>: what root's tools need to know
/// without asking a directory server. Read anew at each call. Thread-safe: no state.
/// </summary>
public static partial class Accounts
{
    private const int KeepOwner = -1;
    private const int MaxAccounts = 65_536;
    private const string UserFile = "/etc/passwd";
    private const string SubordinateFile = "/etc/subuid";

    /// <summary>Effective user id of this process.</summary>
    public static uint OwnUserId() => EffectiveUser();

    /// <summary>The id of a user by name, or null.</summary>
    public static uint? UserId(string name) => Id(UserFile, name);

    /// <summary>Names of all users, at most 65,536, by id; of two with one id the first.</summary>
    public static Dictionary<uint, string> UserNames()
    {
        var names = new Dictionary<uint, string>();
        foreach (var fields in Fields(UserFile).Where(f => f.Length >= 3).Take(MaxAccounts))
        {
            if (fields[0].Length > 0 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                names.TryAdd(id, fields[0]);
            }
        }

        return names;
    }

    /// <summary>
    /// Ranges of ids that belong to a user, for user namespaces (subuid(5)), at most 65,536. The user is a name or an
    /// id.
    /// </summary>
    public static List<(uint First, uint Count, string User)> SubordinateUsers()
    {
        var ranges = new List<(uint, uint, string)>();
        foreach (var fields in Fields(SubordinateFile).Where(f => f.Length >= 3).Take(MaxAccounts))
        {
            if (uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                ranges.Add((first, count, fields[0]));
            }
        }

        return ranges;
    }

    /// <summary>When users or their ranges were last changed (UTC); the distant past where there are none.</summary>
    public static DateTime LastChange() =>
        new(Math.Max(File.GetLastWriteTimeUtc(UserFile).Ticks, File.GetLastWriteTimeUtc(SubordinateFile).Ticks), DateTimeKind.Utc);

    /// <summary>The id of a group by name, or null.</summary>
    public static uint? GroupId(string name) => Id("/etc/group", name);

    /// <summary>The name of a user by number, or null.</summary>
    public static string? UserName(uint id)
    {
        var number = id.ToString(CultureInfo.InvariantCulture);
        return Fields("/etc/passwd").Find(f => f.Length >= 3 && f[2] == number)?[0] is { Length: > 0 } name ? name : null;
    }

    /// <summary>Whether a user is in a group, as primary group or as a member.</summary>
    public static bool IsInGroup(uint user, string group)
    {
        var (name, primary) = ("", "");
        foreach (var fields in Fields(UserFile))
        {
            if (fields.Length >= 4 && fields[2] == user.ToString(CultureInfo.InvariantCulture))
            {
                (name, primary) = (fields[0], fields[3]);
            }
        }

        return name.Length > 0
            && Fields("/etc/group").Any(f => f.Length >= 4 && f[0] == group && (f[2] == primary || f[3].Split(',').Contains(name)));
    }

    /// <summary>
    /// Gives a file of ours to a group, its owner unchanged. Without the group, or without root, nothing changes.
    /// </summary>
    public static void GiveToGroup(string path, string group)
    {
        if (GroupId(group) is { } id && Environment.IsPrivilegedProcess)
        {
            _ = Chown(path, KeepOwner, id);
        }
    }

    /// <summary>
    /// Gives an open file to this process' user and to a group, or to the process' own group where there is none of
    /// that name: as a file that was just made. Without root nothing changes.
    /// </summary>
    public static void GiveToGroup(SafeFileHandle file, string group)
    {
        if (Environment.IsPrivilegedProcess)
        {
            _ = ChownOpen(file, OwnUserId(), GroupId(group) ?? EffectiveGroup());
        }
    }

    private static uint? Id(string file, string name)
    {
        foreach (var fields in Fields(file))
        {
            if (fields.Length >= 3 && fields[0] == name
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
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

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();

    [LibraryImport("libc", EntryPoint = "fchown")]
    private static partial int ChownOpen(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, int owner, uint group);
}
