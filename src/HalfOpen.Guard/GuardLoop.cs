using System.Collections.Concurrent;
using HalfOpen.Core;
using HalfOpen.Guard.Attribution;
using HalfOpen.Guard.Holding;
using HalfOpen.Guard.Outcomes;
using HalfOpen.Guard.Rules;
using HalfOpen.Hosting;
using HalfOpen.Hosting.Replay;
using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard;

/// <summary>
/// The one thread of a guard: waits for packets, outcomes, commands and deadlines, and hands them to the
/// <see cref="Holder"/>. Made and run by a thread in the namespace that is governed.
/// </summary>
internal sealed partial class GuardLoop : IVerdicts, IDisposable
{
    /// <summary>
    /// Room in the kernel beyond what we mean to hold, so that it is we who say what happens to the excess.
    /// </summary>
    private const int SpareQueueLength = 65_536;

    /// <summary>
    /// Without BPF a closed socket is found by comparing only: at least this often while something is held or out.
    /// </summary>
    private static readonly TimeSpan CompareWithoutBpf = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Open connections are compared this often; it matters only for policies that know good destinations.
    /// </summary>
    private static readonly TimeSpan CompareConnections = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A thousand times what a handshake on this machine takes (10 us): an answer that took longer was none of a proxy
    /// here.
    /// </summary>
    private static readonly TimeSpan Hurry = TimeSpan.FromMilliseconds(10);

    /// <summary>Where the bell stands among the descriptors that are waited for.</summary>
    private const int BellPlace = 2;

    private readonly PacketQueue _queue;
    private readonly IOutcomeSource _local;
    private readonly IOutcomeSource? _forwarded;
    private readonly SocketTable _sockets;
    private readonly RecordingEngine _events;
    private readonly Holder _holder;
    private readonly Reconciler _reconciler;
    private readonly Bell _bell;
    private readonly List<int> _waits;
    private Waiter _waiter;
    private RuleKeeper? _keeper;
    private Action<string>? _tell;
    private readonly ConcurrentQueue<Action<GuardLoop>> _commands = new();
    private GuardOptions _options;
    private long _nextReconcile;
    private long _nextConnections;
    private long _lastReconcile;

    /// <exception cref="LinuxException">Something is missing, in words; nothing is left behind.</exception>
    public GuardLoop(GuardOptions options, IOrigins origins)
    {
        _options = options;
        var undo = new Stack<IDisposable>();
        try
        {
            _local = Remember(OpenOutcomes(options));
            _forwarded = options.Forwarded && _local is not LogOutcomes ? Remember(new LogOutcomes(options.LogGroup)) : null;
            _sockets = Remember(new SocketTable());
            _queue =
                Remember(
                    new PacketQueue(options.QueueNumber, (int)Math.Min(1 << 20, (long)options.MaxHeld + SpareQueueLength),
                        failOpen: !options.FailClosed));
            _bell = Remember(new Bell());
            _waits = [_queue.Number, _local.PollDescriptor, _bell.Number];
            if (_forwarded is not null)
            {
                _waits.Add(_forwarded.PollDescriptor);
            }

            _waiter = new Waiter([.. _waits]);
            var engine =
                new Engine(
                    new EngineOptions
                        { Limit = options.Limit, Policy = options.Policy, MaxQueued = options.MaxHeld + 1, HashSeed = Seed() });
            _events = Remember(new RecordingEngine(engine, OpenRecording(options.RecordFile)));
            _holder = new Holder(options, _events, this, _sockets, origins, Seed(), Clock())
            {
                // Its retries come a second apart at least; a second is left for the answer.
                AtOnce = _local.TellsTimes ? Hurry : TimeSpan.MaxValue,
                LastLocalSyn = _local.LastLocalSynTicks,
                MultipathHold = Multipath.RetriesBeforeGivingUp() is { } retries ? TimeSpan.FromSeconds(retries) : null,
            };
            _reconciler = new Reconciler(_holder, _sockets, _local, options.GoneMeans);
            OutcomeProblem = string.Join("; ", new[] { _local.Problem, CgroupOrigins.Problem }.Where(p => p.Length > 0));
        }
        catch
        {
            while (undo.TryPop(out var made))
            {
                made.Dispose();
            }

            throw;
        }

        T Remember<T>(T made)
            where T : IDisposable
        {
            undo.Push(made);
            return made;
        }
    }

    public Holder Holder => _holder;

    public string OutcomeSource => _local.Name;

    public string OutcomeProblem { get; }

    public string RecordProblem => _events.Problem;

    /// <summary>Null: nobody looks after the rules.</summary>
    public RuleKeeper? Keeper => _keeper;

    public RuleNeeds Needs => new(LocalAnswers: _local is LogOutcomes, ForwardedAnswers: _options.Forwarded, LeasedPass: CanLease);

    /// <summary>Seconds since the last comparison with the kernel; 0 before the first.</summary>
    public double SecondsSinceReconcile => _lastReconcile == 0 ? 0 : new TimeSpan(Clock().Ticks - _lastReconcile).TotalSeconds;

    /// <summary>Has <paramref name="command"/> run by the loop's thread soon. Any thread.</summary>
    public void Post(Action<GuardLoop> command)
    {
        _commands.Enqueue(command);
        Ring();
    }

    /// <summary>Wakes the loop. Any thread.</summary>
    public void Ring() => _bell.Ring();

    /// <summary>Takes over what is half-open already. Before the rules are set.</summary>
    public void AdoptConnecting()
    {
        _holder.AdvanceTo(Clock());
        _sockets.Dump(1u << (int)TcpState.SynSent, _holder, static (Holder holder, in SocketInfo socket) => holder.Adopt(socket));
    }

    /// <summary>From now on sees to it that the rules stay. Before <see cref="Run"/>.</summary>
    /// <param name="tell">Called on the loop's thread with a line for the user.</param>
    public void Keep(IGuardRules rules, Action<string> tell)
    {
        (_keeper, _tell) = (new RuleKeeper(rules), tell);
        if (_keeper.ChangeDescriptor >= 0)
        {
            _waiter = new Waiter([.. _waits, _keeper.ChangeDescriptor]);
        }
    }

    public void Run(CancellationToken stop)
    {
        using var ring = stop.Register(Ring);
        var now = Clock();
        _nextReconcile = now.Ticks + _options.ReconcileEvery.Ticks;
        _nextConnections = now.Ticks + CompareConnections.Ticks;
        while (!stop.IsCancellationRequested)
        {
            Wait();
            Step();
            if (_waiter.IsReadable(BellPlace))
            {
                Obey();
            }

            LookAfterRules();
        }
    }

    /// <summary>The clean end: whatever is held or still queued goes out. The rules are gone by now.</summary>
    public void LetAllGo()
    {
        _holder.AcceptAll();
        for (var packets = _queue.Receive(); packets > 0; packets = _queue.Receive())
        {
            for (var i = 0; i < packets; i++)
            {
                var messages = new NetlinkReader(_queue.Datagram(i));
                while (messages.TryRead(out var message))
                {
                    if (QueuedPacket.TryParse(message, out var packet))
                    {
                        _queue.Verdict(packet.Id, accept: true);
                    }
                }
            }
        }

        _queue.Flush();
    }

    public void Verdict(uint packetId, bool accept, int index) => _queue.Verdict(packetId, accept, unchecked((uint)index));

    public void Dispose()
    {
        _queue.Dispose();
        _local.Dispose();
        _forwarded?.Dispose();
        _sockets.Dispose();
        _events.Dispose();
        _bell.Dispose();
    }

    internal static Instant Clock() => HostClock.System.Now;

    internal void Reload(GuardOptions options)
    {
        MakeReady();
        _local.Slots?.Exempt(options);
        _holder.Reload(options, options.Policy == _holder.Engine.Policy ? null : options.Policy);
        _holder.RenewLease();
        _options = options;
        _keeper?.TakeHeart();
    }

    /// <exception cref="GuardException">The file cannot be written.</exception>
    private static ReplayRecording? OpenRecording(string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            // It names who talks to whom: for those who may ask the guard, and nobody else.
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            try
            {
                GuardPaths.GiveToThoseWhoMayAsk(path, file.SafeFileHandle);
                return new ReplayRecording(file, Clock());
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new GuardException($"cannot write the record file {path}: {e.Message}", e);
        }
    }

    private static ulong Seed() => (ulong)Random.Shared.NextInt64();

    private static IOutcomeSource OpenOutcomes(GuardOptions options)
    {
        if (options.Outcomes == OutcomeChoice.Nflog)
        {
            return new LogOutcomes(options.LogGroup);
        }

        try
        {
            return new BpfOutcomes(evenOfAPart: options.Outcomes == OutcomeChoice.Bpf);
        }
        catch (LinuxException e) when (options.Outcomes == OutcomeChoice.Automatic)
        {
            return new LogOutcomes(options.LogGroup, "no BPF: " + e.Message);
        }
    }

    /// <summary>
    /// One round. Packets are read first and the outcomes drained before the packets are looked at: BPF told who
    /// connects before the kernel queued the SYN, so its word is there by then.
    /// </summary>
    private void Step()
    {
        int packets;
        do
        {
            packets = _queue.Receive();
            if (packets > 0 || _holder.Waits)
            {
                MakeReady();
                _holder.RenewLeaseBut(2 * packets);
            }
            else
            {
                Learn();
            }

            for (var i = 0; i < packets; i++)
            {
                var messages = new NetlinkReader(_queue.Datagram(i));
                while (messages.TryRead(out var message))
                {
                    if (QueuedPacket.TryParse(message, out var packet))
                    {
                        _holder.Packet(packet);
                    }
                    else if (QueueRequests.TryReadMissed(message, out var packetId, out var place))
                    {
                        _holder.Missed(unchecked((int)place), packetId);
                    }
                }
            }

            _queue.Flush();
        }
        while (packets > 0); // the last time for what our verdicts brought about meanwhile: else that would wake us

        _holder.ForgetNotes();
        ReconcileIfDue();
        _holder.RenewLease();
        _queue.Flush();
    }

    /// <summary>
    /// Hands over what happened, at the time at which it happened: a deadline that came later must not go before an
    /// answer that we read only now. Only after packets were read: a SYN that waited in the queue while its socket was
    /// closed would be taken for a new one.
    /// </summary>
    private void Learn()
    {
        if (!_local.TellsTimes)
        {
            _holder.AdvanceTo(Clock());
        }

        _local.Drain(_holder);
        _holder.AdvanceTo(Clock());
        _forwarded?.Drain(_holder);
    }

    private void ReconcileIfDue()
    {
        var now = _holder.Now.Ticks;
        if (now < _nextReconcile && !_holder.MustReconcile)
        {
            return;
        }

        _holder.MustReconcile = false;
        var start = Clock();
        _reconciler.Attempts();
        if (_holder.Counters.Unseen > 0)
        {
            _keeper?.Hurry(_holder.Now); // a second witness that rules may be gone
        }

        if (now >= _nextConnections)
        {
            _nextConnections = now + CompareConnections.Ticks;
            _reconciler.Connections();
        }

        _queue.Flush();
        _events.WriteOut();
        _lastReconcile = Clock().Ticks;

        // However large the table: at most one part in twenty of our time.
        var every = _local.SeesClosedSockets || _holder.Counters.Known == 0
            ? _options.ReconcileEvery.Ticks : Math.Min(_options.ReconcileEvery.Ticks, CompareWithoutBpf.Ticks);
        _nextReconcile = _lastReconcile + Math.Max(every, 20 * (_lastReconcile - start.Ticks));
    }

    private void Wait()
    {
        var due = Math.Min(_holder.NextDue.Ticks, _nextReconcile);
        if (!_local.SeesClosedSockets && _holder.Engine.HalfOpen + _holder.Engine.Waiting > 0)
        {
            _nextReconcile = Math.Min(_nextReconcile, Math.Max(_lastReconcile, _holder.Now.Ticks) + CompareWithoutBpf.Ticks);
            due = Math.Min(due, _nextReconcile);
        }

        _local.Wanted = _holder.Waits;
        _waiter.Wait(Math.Min(due, _keeper?.NextLook ?? long.MaxValue) - Clock().Ticks);
    }

    private void LookAfterRules()
    {
        if (_keeper is not { } keeper)
        {
            return;
        }

        if (keeper.ChangeDescriptor >= 0 && _waiter.IsReadable(_waits.Count))
        {
            keeper.Hush();
            keeper.Hurry(_holder.Now);
        }

        if (keeper.NextLook > _holder.Now.Ticks)
        {
            return;
        }

        var before = keeper.PutBackTimes;
        if (keeper.Look(_holder.Now) is { } news)
        {
            _tell?.Invoke(news);
        }

        if (keeper.PutBackTimes != before)
        {
            AdoptConnecting(); // what began while there were no rules is half-open all the same
            _queue.Flush();
        }
    }

    private void Obey()
    {
        _bell.Hush();
        _holder.AdvanceTo(Clock());
        while (_commands.TryDequeue(out var command))
        {
            command(this);
        }

        _queue.Flush();
    }
}
