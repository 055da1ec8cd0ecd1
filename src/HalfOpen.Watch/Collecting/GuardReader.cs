using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Rules;
using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Collecting;

/// <summary>
/// What a running guard says, asked in the background so that a slow one keeps no frame waiting. Thread-safe.
/// </summary>
internal sealed class GuardReader : IDisposable
{
    private readonly string _socket;
    private readonly CancellationTokenSource _stop = new();
    private Task _asking = Task.CompletedTask;
    private volatile WatchGuard? _latest;
    private volatile bool _isForbidden;

    /// <param name="socket">Path of a control socket; null: that of the calling thread's network namespace.</param>
    public GuardReader(string? socket) => _socket = socket ?? GuardPaths.ForThisThread().Socket;

    /// <summary>The last answer; null: no guard.</summary>
    public WatchGuard? Latest => _latest;

    /// <summary>A guard is there, and it may not be asked.</summary>
    public bool IsForbidden => _isForbidden;

    /// <summary>Asks unless an answer is still awaited. Never waits.</summary>
    public void Ask()
    {
        if (!_asking.IsCompleted)
        {
            return;
        }

        if (!IsThere())
        {
            (_latest, _isForbidden) = (null, false); // the ordinary case costs no exception
        }
        else
        {
            _asking = Task.Run(AskAsync);
        }
    }

    /// <summary>Waits for the answer that was asked for, at most so long.</summary>
    public void WaitFor(TimeSpan most) => _asking.Wait(most);

    public void Dispose()
    {
        _stop.Cancel();
        _asking.Wait(TimeSpan.FromSeconds(1));
        _stop.Dispose();
    }

    /// <summary>Not to be seen is not the same as not there.</summary>
    private bool IsThere() => File.Exists(_socket) || !Environment.IsPrivilegedProcess;

    private async Task AskAsync()
    {
        try
        {
            var answer = await ControlClient.AskAsync(_socket, new ControlRequest("status"), _stop.Token);
            (_latest, _isForbidden) = (answer.Status is { } status ? Of(status) : null, false);
        }
        catch (ControlException e)
        {
            (_latest, _isForbidden) = (null, e.Failure == ControlFailure.NotAllowed);
        }
        catch (OperationCanceledException)
        {
            // The watch ends.
        }
    }

    private static WatchGuard Of(GuardStatus status) => new(status.Policy, status.Limit, status.Counted, status.Waiting,
        [.. status.Owners.Select(o => new WatchGuardRow(o.Name, "", o.Counted, o.Waiting, Seconds(o.LongestWaitSeconds), ""))],
        [.. status.Programs.Select(p => new WatchGuardRow(p.Owner, p.Name, p.Counted, p.Waiting, Seconds(p.LongestWaitSeconds),
            p.Reason))],
        status.OtherOwners + status.OtherPrograms,
        status.Rules.InPlace ? status.OutcomeProblem : "no limit: somebody removed the guard's rules");

    private static TimeSpan Seconds(double seconds) =>
        seconds is > 0 and < 1e9 ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
}
