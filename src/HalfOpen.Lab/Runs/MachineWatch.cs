using HalfOpen.Linux;
using HalfOpen.Watch.Collecting;
using HalfOpen.Watch.Model;

namespace HalfOpen.Lab.Runs;

/// <summary>Watches a machine of the lab from a thread of its own, until it is disposed. Thread-safe.</summary>
internal sealed class MachineWatch : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly WatchSession _session = new(new WatchOptions());
    private readonly Thread _thread;

    public MachineWatch(Machine machine)
    {
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
