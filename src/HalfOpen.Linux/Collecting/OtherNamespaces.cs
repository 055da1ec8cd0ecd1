using System.Diagnostics;
using System.Globalization;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;
using HalfOpen.Linux.Netlink;

namespace HalfOpen.Linux.Collecting;

/// <summary>
/// The network namespaces of other processes (containers, services of their own): root may enter them, and their
/// sockets are seen from nowhere else. Each is held by a descriptor and entered once, on a thread of its own; its
/// socket table stays with it. Bounded in number and time. Not thread-safe.
/// </summary>
internal sealed class OtherNamespaces : IDisposable
{
    private const int Most = 64;
    private const int MostProcesses = 100_000;
    private const int MostNames = 1_000;
    private const string Named = "/run/netns";

    /// <summary>For all of them together; those that are left then are counted.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(3);

    private readonly List<Entered> _entered = [];
    private readonly List<string> _notes;
    private int _left;
    private string? _problem;

    /// <param name="notes">Told what was left out.</param>
    public OtherNamespaces(FactsBuilder builder, ProgramNames names, List<string> notes)
    {
        _notes = notes;
        var clock = Stopwatch.StartNew();
        var found = Find();
        var labels = Names();
        var ownUnit = names.OfProcess((uint)Environment.ProcessId)?.Unit ?? "";
        foreach (var (identity, (process, count)) in found.OrderByDescending(f => f.Value.Count).ThenBy(f => f.Value.Process))
        {
            if (_entered.Count >= Most || clock.Elapsed > LongestLook)
            {
                _left++;
                continue;
            }

            Enter(builder, names, identity, process, count, Label(names, process, ownUnit, labels.GetValueOrDefault(identity)));
        }
    }

    /// <summary>The last look.</summary>
    /// <param name="watched">Seconds since the first, which was made at the start.</param>
    public IReadOnlyList<NamespaceFacts> Last(double watched)
    {
        var clock = Stopwatch.StartNew();
        var facts = new List<NamespaceFacts>();
        foreach (var entered in _entered)
        {
            if (clock.Elapsed > LongestLook)
            {
                _left++;
                continue;
            }

            facts.Add(entered.Last(watched));
        }

        if (_left > 0)
        {
            _notes.Add($"{_left:N0} other network namespaces were not looked at: there are too many");
        }

        if (_problem is not null)
        {
            _notes.Add("some other network namespaces could not be looked at: " + _problem);
        }

        return facts;
    }

    public void Dispose()
    {
        foreach (var entered in _entered)
        {
            entered.Dispose();
        }
    }

    private void Enter(FactsBuilder builder, ProgramNames names, InodeIdentity identity, uint process, int count, string label)
    {
        NetworkNamespace? where = null;
        try
        {
            where = NetworkNamespace.Open($"/proc/{process}/ns/net");
            if (InodeIdentity.Of(where.Path) != identity)
            {
                where.Dispose(); // the process ended, and its number is another's now
                return;
            }

            var table = where.Run(() => new SocketTable());
            _entered.Add(new Entered(where, table, new SocketLook(table, builder, names, label), label, process, count));
        }
        catch (LinuxException e)
        {
            where?.Dispose();
            _problem ??= e.Message;
        }
    }

    /// <summary>All but our own, each with its oldest process (lowest number) and how many it has.</summary>
    private static Dictionary<InodeIdentity, (uint Process, int Count)> Find()
    {
        var found = new Dictionary<InodeIdentity, (uint Process, int Count)>();
        var own = InodeIdentity.Of("/proc/thread-self/ns/net");
        foreach (var folder in Directory.EnumerateDirectories("/proc").Take(MostProcesses))
        {
            if (uint.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && InodeIdentity.Of(folder + "/ns/net") is { } identity && identity != own)
            {
                var (oldest, count) = found.GetValueOrDefault(identity, (process, 0));
                found[identity] = (Math.Min(oldest, process), count + 1);
            }
        }

        return found;
    }

    /// <summary>Those that <c>ip netns</c> gave a name.</summary>
    private static Dictionary<InodeIdentity, string> Names()
    {
        var names = new Dictionary<InodeIdentity, string>();
        try
        {
            foreach (var file in Directory.EnumerateFiles(Named).Take(MostNames))
            {
                if (InodeIdentity.Of(file) is { } identity)
                {
                    names.TryAdd(identity, Path.GetFileName(file));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // None has a name then.
        }

        return names;
    }

    /// <summary>The container or service; else the name that it has; else its oldest process.</summary>
    private static string Label(ProgramNames names, uint process, string ownUnit, string? name)
    {
        var program = names.OfProcess(process);
        return program is { Unit.Length: > 0 } && program.Unit != ownUnit ? program.Unit
            : name is not null ? $"network namespace {name}"
            : $"the network namespace of {program?.Name ?? "a process"} ({process})";
    }

    private sealed class Entered : IDisposable
    {
        private readonly NetworkNamespace _where;
        private readonly SocketTable _table;
        private readonly SocketLook _look;
        private readonly NamespaceFacts _facts;
        private readonly (long Drops, long Early)? _before;

        public Entered(NetworkNamespace where, SocketTable table, SocketLook look, string label, uint process, int processes)
        {
            (_where, _table, _look) = (where, table, look);
            _facts = new NamespaceFacts(label, process, processes);
            _before = where.Run(TrackingTable.Losses);
            look.Round(0);
        }

        public NamespaceFacts Last(double watched)
        {
            _look.Round(watched);
            _look.Last(watched);
            return _where.Run(() => _facts with
            {
                Sockets = _look.Sockets,
                HalfOpen = _look.HalfOpen,
                Tracked = KernelFiles.Number("/proc/sys/net/netfilter/nf_conntrack_count"),
                TrackedMax = KernelFiles.Number("/proc/sys/net/netfilter/nf_conntrack_max"),
                Drops = TrackingTable.Losses()?.Drops - _before?.Drops,
            });
        }

        public void Dispose()
        {
            _table.Dispose();
            _where.Dispose();
        }
    }
}
