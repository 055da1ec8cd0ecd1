using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using HalfOpen.Lab.World;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;

namespace HalfOpen.Lab.Runs;

/// <summary>
/// One run: a machine, its programs, perhaps a guard; set up, started, counted, and taken down. Thread-safe where told.
/// </summary>
internal sealed class LabRun : IDisposable
{
    private readonly LabPlan _plan;
    private readonly LabTimes _times;
    private readonly Machine _machine;
    private readonly Dictionary<string, LabProcess> _programs = [];
    private readonly Channel<uint> _tried =
        Channel.CreateUnbounded<uint>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Lock _lock = new();
    private readonly List<(long Time, double Seconds, int Failed)> _pages = [];
    private readonly Internet _internet;
    private readonly string? _guardSocket;
    private MachineWatch? _watch;
    private long _live;
    private long _loadingSince;
    private int _lost;
    private bool _isCounting;

    /// <param name="canAskGuard">Its guard, if it has one, can be asked what it does.</param>
    public LabRun(LabPlan plan, LabTimes times, ulong seed, ProgramFolder folder, bool canAskGuard)
    {
        _plan = plan;
        _times = times;
        _internet = new Internet { Seed = seed };
        var capacity = plan.Scenario == LabScenario.Router ? LabPlan.RouterCapacity : 1_000_000;
        _machine = new Machine(_internet, times.Router(capacity), onePerDestination: plan.Policy != "fair",
            address => _tried.Writer.TryWrite(address));
        try
        {
            if (plan.Limit is { } limit)
            {
                _guardSocket = canAskGuard ? folder.NewSocket() : null;
                Add("guard", [$"limit={limit}", $"policy={plan.PolicyWith(times.Router(1)).Text}",
                    .. _guardSocket is { } socket ? (string[])["socket=" + socket] : []]);
            }

            Add("browser", $"hosts={LabPlan.Hosts}", $"perhost={LabPlan.PerHost}", $"first={S(times.FirstPage(plan.Scenario))}",
                $"pause={S(times.Pause)}", $"open={S(times.Open)}", $"timeout={S(times.PageTimeout)}");
            Add("shell", $"sessions={LabPlan.ShellSessions}", $"open={S(times.Session)}", "key=0.25");
            if (plan.Scenario == LabScenario.GoodHostDies)
            {
                Add("load", $"rate={N(LabPlan.LoadRate)}", $"sockets={LabPlan.LoadSockets}", "clock=linux", $"dead={S(times.Dead)}",
                    $"open={S(times.Open / 10)}");
            }

            if (!plan.HasSwarm)
            {
                return;
            }

            Add("swarm", [.. plan.Scenario == LabScenario.Freeze
                ? new[] { $"wished={LabPlan.SwarmWished}", "clock=windows", $"dead={S(times.Dead)}" }
                : [$"rate={N(times.SwarmRate)}", "clock=linux", $"dead={S(times.ClientTimeout)}"], $"open={S(times.Open)}"]);
            Add("scanner", $"rate={N(LabPlan.ScannerRate)}", $"sockets={LabPlan.ScannerSockets}",
                plan.Scenario == LabScenario.Router ? "clock=linux" : "clock=windows", $"dead={S(times.Dead)}", $"open={S(times.Open)}");
        }
        catch
        {
            Dispose();
            throw;
        }

        void Add(string name, params string[] words) =>
            _programs[name] =
                new LabProcess(name,
                    _machine.Start(folder.Command(name, [.. words, "seed=" + seed.ToString(CultureInfo.InvariantCulture)])),
                        report => Heard(name, report));
    }

    /// <summary>For progress: pages loaded so far. Thread-safe.</summary>
    public int Pages
    {
        get
        {
            lock (_lock)
            {
                return _pages.Count;
            }
        }
    }

    public LabPlan Plan => _plan;

    /// <summary>What is half-open on its machine; null: nobody watches, or not seen yet. Thread-safe.</summary>
    public WatchFrame? Watched => _watch?.Latest;

    /// <summary>Begins to watch the machine.</summary>
    /// <param name="hub">Gets the frames; may be null.</param>
    public void Watch(FrameHub? hub) => _watch ??= new MachineWatch(_machine, _guardSocket, hub);

    /// <summary>All programs are set up.</summary>
    public Task Ready => Task.WhenAll(_programs.Values.Select(p => p.Ready));

    /// <summary>Runs both parts and counts.</summary>
    public async Task<LabRunResult> Run(LabFigures simulated, CancellationToken cancel)
    {
        var telling = Task.Run(() => TellFirstSyns(cancel), cancel);
        lock (_lock)
        {
            _isCounting = true;
        }

        foreach (var (name, program) in _programs)
        {
            if (name != "scanner")
            {
                program.Tell("go");
            }
        }

        if (_plan.Scenario == LabScenario.GoodHostDies)
        {
            await Pass(_times.ServiceSilent, cancel);
            _machine.SilenceService();
            await Pass(_times.Measured - _times.ServiceSilent, cancel);
        }
        else
        {
            await Pass(_times.Measured, cancel);
        }

        var (measured, pages, lost) = EndOfCounting();
        if (_programs.TryGetValue("scanner", out var scanner))
        {
            scanner.Tell("go");
            await Pass(_times.Scanned, cancel);
            var totals = _machine.Totals;
            measured = measured with
            {
                ScannerContactsPerSecond = Interlocked.Read(ref totals.ScannerContacts) / _times.Scanned.TotalSeconds,
                MaxCounted = _plan.Limit is null ? measured.MaxCounted : totals.MaxCounted, // a limit must hold against a scanner too
            };
        }

        _tried.Writer.TryComplete();
        await telling;
        return new LabRunResult(_plan, measured, simulated)
            { Pages = pages, LostSessions = lost, RouterDropped = Interlocked.Read(ref _machine.Totals.RouterDropped) };
    }

    public void Dispose()
    {
        _watch?.Dispose();
        foreach (var program in _programs.Values)
        {
            program.Dispose();
        }

        _machine.Dispose();
    }

    private async Task Pass(TimeSpan time, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) is var passed && passed < time)
        {
            await Task.Delay(time - passed < TimeSpan.FromSeconds(1) ? time - passed : TimeSpan.FromSeconds(1), cancel);
            if (_programs.Values.Select(p => p.Failure).FirstOrDefault(f => f is not null) is { } failure)
            {
                throw new LabException(failure);
            }

            _ = _machine.Totals; // throws when the link broke
        }
    }

    private (LabFigures Figures, List<double> Pages, int Lost) EndOfCounting()
    {
        var totals = _machine.Totals;
        lock (_lock)
        {
            _isCounting = false;
            var whole = _pages.Where(p => p.Failed == 0).Select(p => p.Seconds).ToList();
            var failed = _pages.Where(p => p.Failed > 0).Select(p => p.Seconds).ToList();
            double? unfinished = _loadingSince == 0 ? null : Stopwatch.GetElapsedTime(_loadingSince).TotalSeconds;
            return (new LabFigures
            {
                Pages = PageFigures.Of(whole, failed, unfinished),
                LivePeersPerMinute = _live / _times.Measured.TotalMinutes,
                MaxCounted = totals.MaxCounted,
                MaxHalfOpen = totals.MaxHalfOpen,
                MaxRouterEntries = totals.MaxRouterEntries,
            }, whole, _lost);
        }
    }

    private void Heard(string program, Report report)
    {
        lock (_lock)
        {
            if (!_isCounting)
            {
                return;
            }

            switch (report.Word)
            {
                case "begin":
                    _loadingSince = report.Time;
                    break;
                case "page" when report.Values.Length == 2:
                    _loadingSince = 0;
                    _pages.Add((report.Time, report.Values[0], (int)report.Values[1]));
                    break;
                case "live" when program == "swarm":
                    _live++;
                    break;
                case "lost":
                    _lost++;
                    break;
            }
        }
    }

    /// <summary>Windows' clock: who dials hears when the first SYN of an attempt is out.</summary>
    private async Task TellFirstSyns(CancellationToken cancel)
    {
        await foreach (var address in _tried.Reader.ReadAllAsync(cancel))
        {
            if (_programs.TryGetValue(_internet.Peers.Contains(address) ? "swarm" : "scanner", out var program))
            {
                program.Tell("seen " + address.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static string S(TimeSpan time) => N(time.TotalSeconds);

    private static string N(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
