using System.Diagnostics;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;
using HalfOpen.Diagnosis.Texts;
using HalfOpen.Linux.Netlink;

namespace HalfOpen.Linux.Collecting;

/// <summary>
/// Gathers what findings are made of on this Linux machine, in the calling thread's network namespace. Reads only;
/// sends nothing. Works without root and sees less then. One object for one look; not thread-safe.
/// </summary>
public sealed class LinuxCollector
{
    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EventRound = TimeSpan.FromMilliseconds(250);

    /// <summary>On a machine that is so busy that a look takes long, what is looked at must not be missed.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>At most one part in twenty of our time goes into looking, while a look takes no more than 50
    /// ms.</summary>
    private const int RoundCostFactor = 19;

    /// <summary>Seconds after which a question to a DNS server is late.</summary>
    private const double LateAnswer = 2;

    /// <summary>Settings that findings and their readers want to know.</summary>
    private static readonly string[] Settings =
    [
        "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_syn_retries", "net.ipv4.tcp_syn_linear_timeouts",
        "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_abort_on_overflow",
        "net.core.somaxconn", "net.netfilter.nf_conntrack_max", "net.netfilter.nf_conntrack_buckets",
        "net.netfilter.nf_conntrack_tcp_timeout_syn_sent", "net.netfilter.nf_conntrack_udp_timeout",
        "net.netfilter.nf_conntrack_udp_timeout_stream", "fs.file-nr", "fs.nr_open",
    ];

    private readonly List<string> _notes = [];
    private readonly FactsBuilder _builder = new();
    private readonly ProgramNames _names = new();
    private IReadOnlyDictionary<int, int> _attemptPorts = new Dictionary<int, int>();

    /// <param name="watch">How long; the first and the last look are made in any case.</param>
    /// <param name="everywhere">Also in other network namespaces (containers); root only.</param>
    /// <param name="onTime">Told from time to time how much has passed. Null: nobody is told.</param>
    /// <param name="cancellation">Ends the watching early, with what was seen so far.</param>
    /// <exception cref="LinuxException">The kernel tells nothing of its sockets.</exception>
    public MachineFacts Collect(TimeSpan watch, bool everywhere, Action<TimeSpan>? onTime = null,
        CancellationToken cancellation = default)
    {
        var taken = DateTimeOffset.UtcNow;
        using var table = new SocketTable();
        var look = new SocketLook(table, _builder, _names);
        var before = Counters();
        var lossesBefore = TrackingTable.Losses();
        var isRoot = Environment.IsPrivilegedProcess;
        using var others = everywhere && isRoot ? new OtherNamespaces(_builder, _names, _notes) : null;
        var clock = Stopwatch.StartNew();
        var view = Watch(look, clock, watch, onTime, cancellation);
        var watched = clock.Elapsed.TotalSeconds;
        var ports = look.Last(watched);
        foreach (var (port, program) in _attemptPorts)
        {
            ports.TryAdd((SocketLook.Tcp, port), program);
        }

        var after = Counters();
        var namespaces = others?.Last(watched);
        if (!isRoot)
        {
            _notes.Add("without root, programs of other users are known by control group or user only, and containers are not looked at");
        }

        var tracking = TrackingTable.Read(lossesBefore, ports, Surroundings.OwnAddresses(), everywhere, _notes);
        var descriptors = OpenFiles.Look(_names, _builder);
        var facts = new MachineFacts
        {
            Source = FactsSource.Linux,
            TakenUtc = taken,
            WatchedSeconds = Math.Round(watched, 2),
            View = view,
            SeesAll = isRoot,
            Tracking = tracking,
            Descriptors = descriptors,
            Namespaces = namespaces,
            Resolver = Resolver(look, watched),
            Surroundings = Surroundings.Look(),
            Counters = [.. after.Select(c => new CounterFacts(c.Key, before.GetValueOrDefault(c.Key), c.Value))
                .OrderBy(c => c.Name, StringComparer.Ordinal)],
            Settings = [.. Settings.Select(n => (Name: n, Value: KernelFiles.Setting(n))).Where(s => s.Value is not null)
                .Select(s => new SettingFacts(s.Name, s.Value!))],
        };
        return _builder.Build(facts, Range(facts)) with { Notes = [.. _notes] };
    }

    private ViewKind Watch(SocketLook look, Stopwatch clock, TimeSpan watch, Action<TimeSpan>? onTime, CancellationToken cancellation)
    {
        if (watch > TimeSpan.Zero && Environment.IsPrivilegedProcess)
        {
            try
            {
                using var events = new AttemptEvents(_builder, _names);
                FollowEvents(events, look, clock, watch, onTime, cancellation);
                _attemptPorts = events.Ports;
                return ViewKind.Events;
            }
            catch (LinuxException e)
            {
                _notes.Add($"no BPF here, so attempts are sampled: {e.Message}");
            }
        }

        Sample(look, clock, watch, onTime, cancellation);
        return watch > TimeSpan.Zero ? ViewKind.Sampled : ViewKind.Snapshot;
    }

    private void FollowEvents(AttemptEvents events, SocketLook look, Stopwatch clock, TimeSpan watch, Action<TimeSpan>? onTime,
        CancellationToken cancellation)
    {
        if (events.Problem is { } problem)
        {
            _notes.Add(problem);
        }

        var nextRound = TimeSpan.Zero;
        while (clock.Elapsed < watch && !cancellation.IsCancellationRequested)
        {
            if (clock.Elapsed >= nextRound)
            {
                var start = clock.Elapsed;
                look.Round(start.TotalSeconds, onlySeenFirst: true);
                onTime?.Invoke(start);
                nextRound = start + Pause(EventRound, clock.Elapsed - start);
            }

            events.Take(TimeSpan.FromTicks(Math.Max(0, Math.Min((nextRound - clock.Elapsed).Ticks, (watch - clock.Elapsed).Ticks))));
        }

        events.Take(TimeSpan.Zero);
        if (events.HasLost)
        {
            _notes.Add("more attempts were made than could be read: some are missing");
        }
    }

    private static void Sample(SocketLook look, Stopwatch clock, TimeSpan watch, Action<TimeSpan>? onTime, CancellationToken cancellation)
    {
        while (true)
        {
            var start = clock.Elapsed;
            look.Round(start.TotalSeconds);
            onTime?.Invoke(start);
            var pause = Pause(ShortestRound, clock.Elapsed - start);
            var left = watch - clock.Elapsed;
            if (left <= TimeSpan.Zero || cancellation.IsCancellationRequested)
            {
                return;
            }

            cancellation.WaitHandle.WaitOne(pause < left ? pause : left);
        }
    }

    private static TimeSpan Pause(TimeSpan shortest, TimeSpan cost) =>
        TimeSpan.FromTicks(Math.Clamp(cost.Ticks * RoundCostFactor, shortest.Ticks, LongestPause.Ticks));

    /// <summary>A socket that was there at the first and at the last look of a long watch waits for nothing: it is kept
    /// open.</summary>
    private static ResolverFacts Resolver(SocketLook look, double watched)
    {
        var late = look.Questions.Where(q => q.Last - q.First >= LateAnswer && (q.First > 0.5 || q.Last < watched - 0.5 || watched < 10))
            .ToArray();
        return new ResolverFacts(Surroundings.Servers(), late.Length, late.Length == 0 ? 0 : Math.Round(late.Max(q => q.Last - q.First), 1),
            [.. late.Select(q => q.Program).Distinct().Take(20)])
        {
            Questions = look.Questions.Count,
            SilentServers = [.. late.Select(q => q.Server.ToString()).Distinct(StringComparer.Ordinal).Take(8)],
        };
    }

    private static Dictionary<string, long> Counters()
    {
        var counters = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in (ReadOnlySpan<string>)["snmp", "netstat"])
        {
            if (KernelFiles.OfNet(name) is { } lines)
            {
                KernelCounters.Read(lines, counters);
            }
        }

        return counters;
    }

    private static (int Low, int High)? Range(MachineFacts facts) =>
        facts.Setting("net.ipv4.ip_local_port_range")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var low, var high]
        && int.TryParse(low, out var l) && int.TryParse(high, out var h) && l is > 0 and <= 65535 && h >= l && h <= 65535
            ? (l, h) : null;
}
