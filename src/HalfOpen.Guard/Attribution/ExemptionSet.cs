using System.Net;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// The exemptions, ready to be asked once a SYN. The packet filter's rules sort most of them out before; this is the
/// whole truth, also where no rule can express it (executables) or a rule is missing. Immutable.
/// </summary>
internal sealed class ExemptionSet
{
    private readonly HashSet<uint> _users = [];
    private readonly HashSet<ushort> _ports = [];
    private readonly Dictionary<string, string> _executables = new(StringComparer.Ordinal);
    private readonly IOrigins _origins;
    private readonly List<string> _cgroups = [];
    private readonly List<IPNetwork> _destinations = [];

    /// <param name="origins">Asked which file a process runs: a name alone gives no rights.</param>
    public ExemptionSet(IReadOnlyList<Exemption> exemptions, IOrigins origins)
    {
        _origins = origins;
        foreach (var exemption in exemptions)
        {
            _ = exemption.Kind switch
            {
                ExemptionKind.User => exemption.User is { } user && _users.Add(user),
                ExemptionKind.Port => exemption.Port is { } port && _ports.Add(port),
                ExemptionKind.Executable => _executables.TryAdd(exemption.Value, exemption.Value)
                    | _executables.TryAdd(Target(exemption.Value), exemption.Value),
                ExemptionKind.Cgroup => Append(_cgroups, exemption.Value),
                _ => exemption.Network is { } network && Append(_destinations, network),
            };
        }

        IsEmpty = exemptions.Count == 0;
    }

    public bool IsEmpty { get; }

    public bool CoversFlow(in Flow flow)
    {
        if (_ports.Contains(flow.RemotePort))
        {
            return true;
        }

        if (_destinations.Count > 0)
        {
            var address = Flow.ToAddress(flow.Remote);
            foreach (var network in _destinations)
            {
                if (network.Contains(address))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public bool CoversUser(uint userId) => _users.Contains(userId);

    public bool CoversOrigin(AttemptOrigin origin)
    {
        if (origin.Executable.Length > 0 && _executables.TryGetValue(origin.Executable, out var path)
            && _origins.Runs(origin.ProcessId, path))
        {
            return true;
        }

        foreach (var cgroup in _cgroups)
        {
            if (origin.Cgroup.StartsWith(cgroup, StringComparison.Ordinal)
                && (origin.Cgroup.Length == cgroup.Length || origin.Cgroup[cgroup.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// What the kernel calls it: /usr/bin/python3 is a link on most machines, and a process's executable is never one.
    /// </summary>
    private static string Target(string executable)
    {
        try
        {
            return new FileInfo(executable).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? executable;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return executable; // not there (yet), or a circle of links
        }
    }

    private static bool Append<T>(List<T> list, T item)
    {
        list.Add(item);
        return true;
    }
}
