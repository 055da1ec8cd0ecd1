using System.Net;
using System.Net.Sockets;
using HalfOpen.Core;

namespace ConnectSample;

/// <summary>
/// The engine inside a program: a gate in front of connect(). At most <c>limit</c> attempts to hosts that are not known
/// to answer are out at once, and under <c>fair</c> the parts of the program share these slots, so that dead peers of
/// one part keep no other part waiting. Copy it, and change it as you like. Thread-safe.
/// </summary>
public sealed class ConnectGate : IDisposable
{
    private readonly Lock _lock = new(); // the engine is for one thread at a time
    private readonly Engine _engine;
    private readonly TimeProvider _time;
    private readonly long _epoch;
    private readonly ITimer _timer;
    private readonly Dictionary<ulong, TaskCompletionSource> _waiting = [];
    private ulong _lastTag;

    /// <param name="limit">Slots: 1 to 1,000,000.</param>
    /// <param name="policy">The rule that gives them out; null: <c>fair</c>.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public ConnectGate(int limit, PolicyOptions? policy = null, TimeProvider? time = null)
    {
        _engine = new Engine(new EngineOptions { Limit = limit, Policy = policy ?? new FairOptions() });
        _time = time ?? TimeProvider.System;
        _epoch = _time.GetTimestamp();
        _timer = _time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Attempts that wait for a slot.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _engine.Waiting;
            }
        }
    }

    private Instant Now => new(_time.GetElapsedTime(_epoch).Ticks);

    /// <summary>Connects as soon as there is a slot.</summary>
    /// <param name="part">Which part of the program asks: "crawler", "mail". Slots are shared between parts.</param>
    /// <param name="to">Where to. A name is resolved first: a slot is for one SYN to one address.</param>
    /// <param name="cancel">Ends the waiting and the attempt.</param>
    /// <exception cref="SocketException">As <see cref="Socket.ConnectAsync(EndPoint)"/>.</exception>
    /// <exception cref="IOException">A million attempts wait already.</exception>
    public async Task<Socket> ConnectAsync(string part, IPEndPoint to, CancellationToken cancel = default)
    {
        var attempt = await EnterAsync(part, to, cancel);
        var outcome = Outcome.Cancelled;
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, cancel);
            outcome = Outcome.Established;
            return socket;
        }
        catch (SocketException e)
        {
            outcome = e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Outcome.Refused,
                SocketError.ConnectionReset => Outcome.Reset,
                SocketError.TimedOut => Outcome.TimedOut,
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => Outcome.Unreachable,
                _ => Outcome.Cancelled,
            };
            throw;
        }
        finally
        {
            Leave(attempt, outcome); // the slot is free, and the next attempt starts
            if (outcome != Outcome.Established)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>
    /// Waits for a slot. Whoever got one tells <see cref="Leave"/> how the attempt ended, whatever happens.
    /// </summary>
    public async Task<AttemptId> EnterAsync(string part, IPEndPoint to, CancellationToken cancel = default)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        AttemptId attempt;
        ulong tag;
        lock (_lock)
        {
            tag = ++_lastTag;
            _waiting.Add(tag, start);
            attempt = _engine.Submit(
                new AttemptRequest
                {
                    Program = _engine.Programs.Intern(part),
                    Destination = Destination.From(to.Address, checked((ushort)to.Port)),
                    Tag = tag,
                },
                Now);
            Carry();
        }

        try
        {
            await start.Task.WaitAsync(cancel);
            return attempt;
        }
        catch
        {
            lock (_lock)
            {
                _waiting.Remove(tag);
            }

            Leave(attempt, Outcome.Cancelled);
            throw;
        }
    }

    /// <summary>The attempt ended so. Told twice, the second time does nothing.</summary>
    public void Leave(AttemptId attempt, Outcome outcome)
    {
        lock (_lock)
        {
            _engine.Complete(attempt, outcome, Now);
            Carry();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Wake()
    {
        lock (_lock)
        {
            _engine.AdvanceTo(Now);
            Carry();
        }
    }

    /// <summary>
    /// Does what the engine decided, and sets the clock for when it wants to be asked again. Nothing here calls the
    /// engine: continuations run elsewhere, after the lock.
    /// </summary>
    private void Carry()
    {
        foreach (var decision in _engine.Decisions)
        {
            if (decision.Kind is DecisionKind.Start or DecisionKind.Rejected && _waiting.Remove(decision.Tag, out var waiting))
            {
                if (decision.Kind == DecisionKind.Start)
                {
                    waiting.TrySetResult();
                }
                else
                {
                    waiting.TrySetException(new IOException(
                        $"too many attempts wait ({decision.Reason}); try again in {decision.RetryAfter.TotalSeconds:F0} s"));
                }
            }
        }

        _engine.ClearDecisions();
        var wait = Timeout.InfiniteTimeSpan;
        if (_engine.NextDeadline is { } due)
        {
            // A timer counts whole milliseconds: rather one too many than a call in vain.
            wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Clamp((due - Now).TotalMilliseconds, 0, 1e9)));
        }

        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
