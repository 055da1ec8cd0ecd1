using HalfOpen.Linux;
using HalfOpen.Linux.Processes;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// What exemptions say that exempts nobody on this machine, as it is now: a name that is wrong, or of something that
/// comes later. They are taken all the same. Thread-safe: no state.
/// </summary>
internal static class ExemptionAdvice
{
    /// <summary>A line for the operator each, without a full stop.</summary>
    public static IEnumerable<string> Useless(IReadOnlyList<Exemption> exemptions)
    {
        var users = new Lazy<Dictionary<uint, string>>(Accounts.UserNames);
        var isCgroupTold = false;
        foreach (var exemption in exemptions)
        {
            var problem = exemption.Kind switch
            {
                ExemptionKind.User => OfUser(exemption.User, users.Value),
                ExemptionKind.Executable => OfExecutable(exemption.Value),
                ExemptionKind.Cgroup => OfCgroup(exemption.Value, ref isCgroupTold),
                _ => null,
            };
            if (problem is not null)
            {
                yield return $"exempt {exemption}: {problem}";
            }
        }
    }

    private static string? OfUser(uint? user, Dictionary<uint, string> users) => user switch
    {
        null => "nobody on this machine is called so (yet): reload when there is such a user, or give the number of one of a "
            + "directory server",
        { } id when !users.ContainsKey(id) => "no user of this machine has this number (yet)",
        _ => null,
    };

    private static string? OfExecutable(string path) => IsScript(path) switch
    {
        null => "there is no such file (yet)",
        true => "that is a script, and what runs is its interpreter: exempt its unit (cgroup:PATH) or its user instead",
        false => null,
    };

    private static string? OfCgroup(string path, ref bool isTold)
    {
        if (!ProcessNamespace.SeesCgroupPaths)
        {
            (var wasTold, isTold) = (isTold, true);
            return wasTold ? null
                : "this is a container with a cgroup namespace of its own, which does not see the paths of others: give it the host's "
                    + "(docs/guides/guard.md)";
        }

        return ControlGroups.Exists(path) == false
            ? "there is no such cgroup (yet): 'systemctl show -p ControlGroup UNIT' tells that of a unit that runs" : null;
    }

    /// <summary>Null: not there.</summary>
    private static bool? IsScript(string path)
    {
        try
        {
            using var file = File.OpenRead(File.Exists(path) ? path : "/proc/1/root" + path);
            Span<byte> start = stackalloc byte[2];
            return file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start.SequenceEqual("#!"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return File.Exists(path) ? false : null; // there, and not ours to read
        }
    }
}
