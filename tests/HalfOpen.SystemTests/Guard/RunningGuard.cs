using HalfOpen.Guard;
using HalfOpen.Linux;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>A guard on a thread of its own in one namespace.</summary>
internal sealed class RunningGuard : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private Exception? _failure;

    public RunningGuard(NetworkNamespace where, GuardOptions options, IGuardRules? rules = null)
    {
        Session = new GuardSession(options, rules ?? new TestRules());
        _thread = new Thread(() =>
        {
            try
            {
                where.Enter();
                Session.Run(_stop.Token);
            }
            catch (Exception e)
            {
                _failure = e;
            }
        })
        { IsBackground = true, Name = "guard" };
        _thread.Start();
        Session.Ready.Wait(TimeSpan.FromSeconds(30));
    }

    public GuardSession Session { get; }

    public GuardStatus Status => Session.Snapshot();

    /// <summary>Waits until the status says so; a failure shows the last status.</summary>
    public GuardStatus Until(Func<GuardStatus, bool> wanted, string what)
    {
        var status = Status;
        for (var i = 0; i < 3000 && !wanted(status); i++)
        {
            Thread.Sleep(10);
            status = Status;
        }

        Assert.True(wanted(status), $"{what}: {status} {status.Counters} {status.Totals} {status.Reconciliation}");
        return status;
    }

    /// <summary>Ends it cleanly.</summary>
    public void Stop()
    {
        _stop.Cancel();
        Assert.True(_thread.Join(TimeSpan.FromSeconds(30)), "the guard did not end");
        Assert.Null(_failure);
    }

    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            Stop();
        }

        _stop.Dispose();
    }
}
