using System.Runtime.InteropServices;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Metrics;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux;

namespace HalfOpen.Guard.Service;

/// <summary>
/// A guard as a process: the session on a thread of its own, and around it signals, control socket, metrics, service
/// manager and watchdogs. SIGINT and SIGTERM end it, SIGHUP reads the configuration again. Thread-safe where
/// <see cref="IGuardControl"/> is; <see cref="Run"/> is called once.
/// </summary>
public sealed class GuardProcess : IGuardControl, IDisposable
{
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _reloading = new();
    private readonly Func<GuardSettings> _read;
    private readonly GuardLog _log;
    private readonly IGuardReport _report;
    private readonly ServiceManager _service;
    private readonly GuardRules _rules;
    private readonly GuardSession _session;
    private GuardSettings _settings;
    private volatile bool _changesRules;
    private volatile Exception? _failure;
    private long _nextWarning;
    private int _warning;

    /// <param name="read">Reads the configuration; called again for every reload.</param>
    /// <exception cref="GuardException">The configuration is wrong.</exception>
    public GuardProcess(Func<GuardSettings> read, GuardLog log, IGuardReport report)
    {
        _read = read;
        _log = log;
        _report = report;
        _settings = read();
        Advise(_settings);
        _service = ServiceManager.FromEnvironment();
        _rules = new GuardRules { Problem = log.Error };
        _session = new GuardSession(_settings.Options, _rules);
        _session.LimitReached += Warn;
        _session.Noticed += line => _ = Task.Run(() => _log.Warning(line)); // the guard's thread never waits for our readers
        _session.SetUp += () => Privileges.DropCapabilities();
    }

    /// <summary>Guards until a signal, or until it cannot go on.</summary>
    /// <exception cref="InvalidOperationException">The guard broke in a way that it should not.</exception>
    public GuardEnd Run()
    {
        try
        {
            _rules.TakeNamespace();

            // Before any rule: what fails here leaves no trace at all.
            using var metrics = _settings.Metrics is { } at ? new MetricsServer(at, Snapshot) : null;
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangup);
            return Guard(metrics);
        }
        catch (GuardException e)
        {
            return new GuardEnd(GuardEndReason.Failed, e.Message, null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rules.Dispose();
        _service.Dispose();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    public GuardStatus Snapshot() => _session.Snapshot();

    /// <inheritdoc/>
    public void SetLimit(int limit)
    {
        _session.SetLimit(limit);
        _log.Information($"the limit is now {limit}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Reload()
    {
        lock (_reloading)
        {
            _service.Reloading();
            _changesRules = true;
            var problem = "";
            try
            {
                var settings = _read();
                List<string> needRestart = [.. _session.Reload(settings.Options)];
                if (!Equals(settings.Metrics, _settings.Metrics))
                {
                    needRestart.Add("metrics");
                }

                _settings = settings with { Metrics = _settings.Metrics };
                Advise(settings);
                _log.Information(needRestart.Count == 0
                    ? "configuration read again"
                    : $"configuration read again; a restart is needed for: {string.Join(", ", needRestart)}");
                return needRestart;
            }
            catch (GuardException e)
            {
                problem = $"configuration not changed: {e.Message}";
                _log.Error(problem);
                throw;
            }
            finally
            {
                _changesRules = false;
                _service.Ready(problem.Length > 0 ? problem : $"limit {_session.Options.Limit}, policy {_session.Options.Policy.Name}");
            }
        }
    }

    private void Advise(GuardSettings settings)
    {
        foreach (var line in settings.Warnings())
        {
            _log.Warning(line);
        }
    }

    /// <summary>
    /// The session on its thread, from the first rule to the last released packet, or until it hangs.
    /// </summary>
    private GuardEnd Guard(MetricsServer? metrics)
    {
        // In the background: a thread that hangs must not keep the process from ending.
        var thread = new Thread(RunSession) { Name = "guard", IsBackground = true };
        thread.Start();
        var isHung = false;
        try
        {
            // A set-up that failed has completed Ready, too, and that before anybody was told to stop.
            WaitUntilReady();
            if (_session.Ready.IsCompletedSuccessfully && !_stop.IsCancellationRequested && _rules.Paths is { } paths)
            {
                using var control = new ControlServer(paths.Socket, this);
                Privileges.DropCapabilities();
                Privileges.Fence();
                _service.Ready(_report.Ready(_settings.Options, _rules, Snapshot(), metrics?.Address));
                isHung = !Watch();
                _service.Stopping();
            }
        }
        finally
        {
            _stop.Cancel();
            if (!isHung)
            {
                thread.Join();
            }
        }

        if (isHung)
        {
            return EndHung();
        }

        return _failure switch
        {
            null => new GuardEnd(GuardEndReason.Stopped, "", Snapshot()),
            GuardException expected => new GuardEnd(GuardEndReason.Failed, expected.Message, Snapshot()),
            { } unexpected => throw new InvalidOperationException(unexpected.Message, unexpected),
        };
    }

    private void RunSession()
    {
        try
        {
            _session.Run(_stop.Token);
        }
        catch (Exception e)
        {
            _failure = e;
        }

        _stop.Cancel();
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
    /// The live line, and the watchdogs. systemd hears from us only as long as the guard's own thread answers; without
    /// systemd we look ourselves. A process that is stopped cannot look: the kernel does.
    /// </summary>
    /// <returns>False: the guard's thread does not answer any more.</returns>
    private bool Watch()
    {
        var watchdog = new Watchdog(_report.Every, _service.WatchdogEvery);
        var drawn = Task.CompletedTask;
        using var dead = new DeadMansSwitch(Watchdog.StoppedFor);
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

            if (watchdog.IsAlive(_session.Answers(Watchdog.Patience) || _changesRules))
            {
                _service.Alive();
                if (_report.IsLive && drawn.IsCompleted)
                {
                    drawn = Task.Run(() => _report.Live(Snapshot())); // a terminal that was stopped (Ctrl-S) must not stop us
                }
            }
            else if (watchdog.IsHung && !_stop.IsCancellationRequested)
            {
                return false;
            }
        }
        while (!_stop.Token.WaitHandle.WaitOne(watchdog.Every));
        return true;
    }

    private GuardEnd EndHung()
    {
        var isClosed = _session.Options.FailClosed;
        if (!isClosed)
        {
            _rules.Remove();
        }

        var then = isClosed ? "fail-closed: no connections until a guard runs again" : "connections pass again";
        return new GuardEnd(
            GuardEndReason.Hung, $"the guard's thread did not answer for {Watchdog.HungAfter.TotalSeconds:0} s: ended, {then}", null);
    }

    /// <summary>
    /// Called by the guard's thread, which must never wait for whoever reads our output. At most one line a minute, and
    /// one at a time.
    /// </summary>
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
            _report.LimitReached(warning);
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
        catch (GuardException)
        {
            // Told in the log and to the service manager; nobody else asked.
        }
    }
}
