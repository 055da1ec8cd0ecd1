using HalfOpen.Guard.Attribution;
using HalfOpen.Linux;

namespace HalfOpen.Guard;

/// <summary>
/// One guard over one network namespace: from the first rule to the last released packet. <see cref="Run"/> is called
/// once, by one thread, and blocks; everything else may be called from any thread, also before and after.
/// </summary>
public sealed class GuardSession
{
    private static readonly TimeSpan SnapshotPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReloadPatience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly IGuardRules _rules;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GuardOptions _options;
    private GuardStatus _last;
    private GuardLoop? _loop;
    private DateTimeOffset _since;

    /// <exception cref="GuardException">The options have a <see cref="GuardOptions.Problem"/>.</exception>
    public GuardSession(GuardOptions options, IGuardRules rules)
    {
        if (options.Problem() is { } problem)
        {
            throw new GuardException(problem);
        }

        _options = options;
        _rules = rules;
        _last = new GuardStatus { Limit = options.Limit, Policy = options.Policy.Name };
    }

    /// <summary>The options in force.</summary>
    public GuardOptions Options
    {
        get
        {
            lock (_lock)
            {
                return _options;
            }
        }
    }

    /// <summary>
    /// Done as soon as rules are in place and packets are read: "ready" for a service manager. Fails when
    /// <see cref="Run"/> could not set up.
    /// </summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Like event 4226: raised on the guard's thread when the limit is reached and something waits, at most as often as
    /// the policy warns. Handlers must be quick and must not throw.
    /// </summary>
    public event Action<GuardWarning>? LimitReached;

    /// <summary>
    /// A line for the operator: what others did to the guard's rules. Raised on the guard's thread; handlers must be
    /// quick and must not throw.
    /// </summary>
    public event Action<string>? Noticed;

    /// <summary>
    /// Raised once, on the guard's thread, when all is set up and before <see cref="Ready"/>: the time to give up
    /// privileges. Handlers must not throw.
    /// </summary>
    public event Action? SetUp;

    /// <summary>
    /// Guards until <paramref name="stop"/>. Sets up queue, outcomes and rules; at the end removes the rules and
    /// accepts everything that is held.
    /// </summary>
    /// <exception cref="GuardException">It could not be set up; nothing is left behind.</exception>
    public void Run(CancellationToken stop)
    {
        try
        {
            if (Options.NetworkNamespace is { } path)
            {
                using var there = NetworkNamespace.Open(path);
                there.Run(() => Guard(stop));
            }
            else
            {
                Guard(stop);
            }
        }
        catch (Exception e)
        {
            var told = e is LinuxException ? new GuardException(e.Message, e) : e;
            _ready.TrySetException(told);
            _ = _ready.Task.Exception; // whoever waits sees it; nobody need
            if (ReferenceEquals(told, e))
            {
                throw;
            }

            throw told;
        }
    }

    /// <summary>
    /// What the guard is doing now; after the end, what it did last. Waits at most two seconds for a busy guard, then
    /// gives the last picture.
    /// </summary>
    public GuardStatus Snapshot()
    {
        GuardLoop? loop;
        lock (_lock)
        {
            loop = _loop;
        }

        if (loop is not null)
        {
            var picture = new TaskCompletionSource<GuardStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(l => picture.TrySetResult(StatusBuilder.Build(l, Options, _since)));
            if (picture.Task.Wait(SnapshotPatience))
            {
                return picture.Task.Result;
            }
        }

        lock (_lock)
        {
            return _last;
        }
    }

    /// <summary>
    /// Whether the guard's own thread does something for us within <paramref name="patience"/>: for watchdogs. True
    /// also before and after guarding.
    /// </summary>
    public bool Answers(TimeSpan patience)
    {
        GuardLoop? loop;
        lock (_lock)
        {
            loop = _loop;
        }

        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop?.Post(_ => answered.TrySetResult());
        return loop is null || answered.Task.Wait(patience);
    }

    /// <summary>Changes the limit. Nothing is lost: over a smaller limit nothing starts until it fits.</summary>
    /// <exception cref="GuardException">The limit is out of range.</exception>
    public void SetLimit(int limit) => Reload(Options with { Limit = limit });

    /// <summary>
    /// Takes new options, and waits until they are in force. What needs a restart (queue number, namespace, outcome
    /// source, router, containers, record file) keeps its old value; the names of those that would have changed are
    /// returned. Not to be called by a handler of <see cref="LimitReached"/>, which runs on the guard's thread.
    /// </summary>
    /// <exception cref="GuardException">The options have a <see cref="GuardOptions.Problem"/>, or the rules could not
    /// be changed; the old ones stay.</exception>
    public IReadOnlyList<string> Reload(GuardOptions options)
    {
        if (options.Problem() is { } problem)
        {
            throw new GuardException(problem);
        }

        GuardOptions old, agreed;
        GuardLoop? loop;
        List<string> needRestart;
        lock (_lock)
        {
            old = _options;
            (agreed, needRestart) = Agree(old, options);
            _options = agreed;
            loop = _loop;
        }

        if (loop is null)
        {
            return needRestart;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(l =>
        {
            try
            {
                _rules.Update(agreed, l.Needs);
                l.Reload(agreed);
                done.TrySetResult();
            }
            catch (GuardException e)
            {
                done.TrySetException(e);
            }
        });
        try
        {
            done.Task.WaitAsync(ReloadPatience).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            // It ended meanwhile, or is very busy; what was asked for stays in its queue.
        }
        catch (GuardException)
        {
            lock (_lock)
            {
                _options = ReferenceEquals(_options, agreed) ? old : _options;
            }

            throw;
        }

        return needRestart;
    }

    private static (GuardOptions Agreed, List<string> NeedRestart) Agree(GuardOptions old, GuardOptions wanted)
    {
        List<string> needRestart = [];
        Keep(old.QueueNumber != wanted.QueueNumber, "queue number");
        Keep(old.LogGroup != wanted.LogGroup, "log group");
        Keep(old.NetworkNamespace != wanted.NetworkNamespace, "network namespace");
        Keep(old.Outcomes != wanted.Outcomes, "outcome source");
        Keep(old.Router != wanted.Router, "router");
        Keep(old.Containers != wanted.Containers, "containers");
        Keep(old.Lease != wanted.Lease, "lease");
        Keep(old.RecordFile != wanted.RecordFile, "record file");
        var agreed = wanted with
        {
            QueueNumber = old.QueueNumber,
            LogGroup = old.LogGroup,
            NetworkNamespace = old.NetworkNamespace,
            Outcomes = old.Outcomes,
            Lease = old.Lease,
            Router = old.Router,
            Containers = old.Containers,
            RecordFile = old.RecordFile,
        };
        return (agreed, needRestart);

        void Keep(bool differs, string name)
        {
            if (differs)
            {
                needRestart.Add(name);
            }
        }
    }

    /// <summary>
    /// In the namespace. Everything that was set up is taken down again in the reverse order, whatever happens.
    /// </summary>
    private void Guard(CancellationToken stop)
    {
        using var loop = new GuardLoop(Options, new ProcessOrigins());
        loop.Holder.LimitReached += warning => LimitReached?.Invoke(warning);
        loop.AdoptConnecting();
        _rules.Install(Options, loop.Needs);
        loop.BeginLeasing(_rules);
        loop.Keep(_rules, line => Noticed?.Invoke(line));
        try
        {
            lock (_lock)
            {
                _since = DateTimeOffset.UtcNow;
                _loop = loop;
            }

            SetUp?.Invoke();
            loop.Post(l => l.Reload(Options)); // what was asked for while we set up
            loop.Post(l => _ready.TrySetResult());
            loop.Run(stop);
        }
        finally
        {
            lock (_lock)
            {
                _last = StatusBuilder.Build(loop, _options, _since);
                _loop = null;
            }

            // Rules out of the way, then what is held, then the hooks: to delete one drops all that is held.
            _rules.Release();
            loop.LetAllGo();
            _rules.Remove();
        }
    }
}

/// <summary>The limit was reached while attempts wait.</summary>
/// <param name="Limit">Slots.</param>
/// <param name="Waiting">Attempts that wait.</param>
/// <param name="BiggestHolder">The program with the most slots.</param>
/// <param name="BiggestHolderSlots">How many it has.</param>
public sealed record GuardWarning(int Limit, int Waiting, string BiggestHolder, int BiggestHolderSlots);
