using HalfOpen.Linux;
using HalfOpen.Watch.Collecting;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;

namespace HalfOpen.Lab.Runs;

/// <summary>Watches a machine of the lab from a thread of its own, until it is disposed. Thread-safe.</summary>
internal sealed class MachineWatch : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly WatchSession _session;
    private readonly Thread _thread;

    /// <param name="guardSocket">Where its guard is asked; null: it has none.</param>
    /// <param name="hub">Gets the frames; null: nobody else wants them.</param>
    public MachineWatch(Machine machine, string? guardSocket, FrameHub? hub)
    {
        _session = new WatchSession(new WatchOptions { GuardSocket = guardSocket }, hub);
        _thread = new Thread(() =>
        {
            try
            {
                machine.Run(() => _session.Run(_stop.Token));
            }
            catch (LinuxException)
            {
                // The kernel tells nothing of its sockets: there is nothing to show, and the lab goes on.
            }
        }) { IsBackground = true, Name = "watch" };
        _thread.Start();
    }

    /// <summary>The newest frame; null: none yet.</summary>
    public WatchFrame? Latest => _session.Feed.Latest;

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }
}
