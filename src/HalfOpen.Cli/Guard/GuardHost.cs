using System.Runtime.InteropServices;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Metrics;
using HalfOpen.Guard.Rules;
using HalfOpen.Guard.Service;
using HalfOpen.Linux;

namespace HalfOpen.Cli.Guard;

/// <summary>
/// A guard as a process: the session on a thread of its own, and around it signals, control socket, metrics, service manager. SIGINT and SIGTERM end it, SIGHUP reads the configuration again.
/// Thread-safe where <see cref="IGuardControl"/> is; <see cref="Run"/> is called once.
/// </summary>
internal sealed class GuardHost(Func<GuardSettings> read, GuardLog log, GuardReport report) : IGuardControl, IDisposable
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HungAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StoppedFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _reloading = new();
    private GuardSession _session = null!;
    private ServiceManager _service = null!;
    private GuardSettings _settings = null!;
    private volatile bool _changesRules;
    private long _nextWarning;
    private int _warning;

    /// <summary>Until a signal.</summary>
    /// <exception cref="GuardException">It could not be set up, or failed; nothing is left behind.</exception>
    public void Run()
    {
        _settings = read();
        Advise(_settings);
        using var service = _service = ServiceManager.FromEnvironment();
        using var rules = new GuardRules { Problem = log.Error };
        rules.TakeNamespace();
        _session = new GuardSession(_settings.Options, rules);
        _session.LimitReached += Warn;
        _session.SetUp += () => Privileges.DropCapabilities();

        // Before any rule: what fails here leaves no trace at all.
        using var metrics = _settings.Metrics is { } at ? new MetricsServer(at, Snapshot) : null;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangup);

        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                _session.Run(_stop.Token);
            }
            catch (Exception e)
            {
                failure = e;
            }

            _stop.Cancel();
        })
        { Name = "guard" };
        thread.Start();
        try
        {
            WaitUntilReady();
            if (!_stop.IsCancellationRequested)
            {
                using var control = new ControlServer(rules.Paths!.Socket, this);
                Privileges.DropCapabilities();
                Privileges.Fence();
                service.Ready(report.Ready(_settings.Options, rules, Snapshot(), metrics?.Address));
                Watch(rules);
                service.Stopping();
            }
        }
        finally
        {
            _stop.Cancel();
            thread.Join();
        }

        if (failure is not null)
        {
            throw failure is GuardException expected ? expected : new InvalidOperationException(failure.Message, failure);
        }

        report.Ended(Snapshot());
    }

    public void Dispose() => _stop.Dispose();

    public GuardStatus Snapshot() => _session.Snapshot();

    public void SetLimit(int limit)
    {
        _session.SetLimit(limit);
        log.Information($"the limit is now {limit}");
    }

    public IReadOnlyList<string> Reload()
    {
        lock (_reloading)
        {
            _service.Reloading();
            _changesRules = true;
            try
            {
                var settings = read();
                List<string> needRestart = [.. _session.Reload(settings.Options)];
                if (!Equals(settings.Metrics, _settings.Metrics))
                {
                    needRestart.Add("metrics");
                }

                _settings = settings with { Metrics = _settings.Metrics };
                Advise(settings);
                log.Information(needRestart.Count == 0 ? "configuration read again" : $"configuration read again; a restart is needed for: {string.Join(", ", needRestart)}");
                return needRestart;
            }
            finally
            {
                _changesRules = false;
                _service.Ready($"limit {_session.Options.Limit}, policy {SettingTable.Word(_session.Options.Policy)}");
            }
        }
    }

    private void Advise(GuardSettings settings)
    {
        if (settings.Useless() is { } useless)
        {
            log.Warning(useless);
        }
    }

    private void WaitUntilReady()
    {
        try
        {
            _session.Ready.Wait(_stop.Token);
        }
        catch (Exception e) when (e is AggregateException or OperationCanceledException)
        {
            // Stopped, or the set-up failed: the thread's own exception says which.
        }
    }

    /// <summary>
    /// The live line, and the watchdogs. systemd hears from us only as long as the guard's own thread answers; without systemd we look ourselves, and a guard that hangs ends, so that connections pass again. A process
    /// that is stopped cannot look: the kernel does.
    /// </summary>
    private void Watch(GuardRules rules)
    {
        var every = report.Every < CheckEvery ? report.Every : CheckEvery;
        every = _service.WatchdogEvery is { } watchdog && watchdog < every ? watchdog : every;
        var silent = TimeSpan.Zero;
        var drawn = Task.CompletedTask;
        using var dead = new DeadMansSwitch(StoppedFor);
        do
        {
            if (_session.Options.FailClosed)
            {
                dead.Release(); // nobody wins: without us nothing passes either
            }
            else
            {
                dead.Hold();
            }

            if (_session.Answers(Patience) || _changesRules)
            {
                silent = TimeSpan.Zero;
                _service.Alive();
                if (report.IsLive && drawn.IsCompleted)
                {
                    drawn = Task.Run(() => report.Live(Snapshot())); // a terminal that was stopped (Ctrl-S) must not stop us
                }

                continue;
            }

            silent += every + Patience;
            if (silent > HungAfter && !_stop.IsCancellationRequested)
            {
                log.Error($"the guard's thread did not answer for {silent.TotalSeconds:0} s: ending, {(_session.Options.FailClosed ? "fail-closed: no connections until a guard runs again" : "connections pass again")}");
                if (!_session.Options.FailClosed)
                {
                    rules.Remove();
                }

                Environment.Exit(ExitCode.FoundOrRefused);
            }
        }
        while (!_stop.Token.WaitHandle.WaitOne(every));
    }

    /// <summary>Called by the guard's thread, which must never wait for whoever reads our output. At most one line a minute, and one at a time.</summary>
    private void Warn(GuardWarning warning)
    {
        var now = Environment.TickCount64;
        if (now < _nextWarning || Interlocked.Exchange(ref _warning, 1) != 0)
        {
            return;
        }

        _nextWarning = now + (long)WarnEvery.TotalMilliseconds;
        _ = Task.Run(() =>
        {
            report.LimitReached(warning);
            Volatile.Write(ref _warning, 0);
        });
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    private void OnHangup(PosixSignalContext context)
    {
        context.Cancel = true;
        try
        {
            Reload();
        }
        catch (GuardException e)
        {
            log.Error($"configuration not changed: {e.Message}");
        }
    }
}
