using HalfOpen.Guard.Rules;
using HalfOpen.Linux;
using HalfOpen.Linux.Collecting;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Collecting;

/// <summary>What to watch, and how. Immutable.</summary>
public sealed record WatchOptions
{
    /// <summary>From one frame to the next; 100 ms to an hour. Default one second.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long; null (default): until it is cancelled.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Only the frame at the end is wanted. Default no.</summary>
    public bool OnlyLast { get; init; }

    /// <summary>Sample also where there are events. Default no.</summary>
    public bool Samples { get; init; }

    /// <summary>Connections within this machine, too. Default no.</summary>
    public bool WithLoopback { get; init; }

    /// <summary>Control socket of a guard; null (default): that of the network namespace.</summary>
    public string? GuardSocket { get; init; }

    /// <summary>How much is remembered.</summary>
    public WatchLimits Limits { get; init; } = new();
}

/// <summary>
/// Watches the network namespace of the thread that runs it. Changes nothing and sends nothing. One run; the feed is
/// thread-safe.
/// </summary>
/// <param name="options">What to watch.</param>
/// <param name="hub">Gets the frames; null, the default: one of its own.</param>
public sealed class WatchSession(WatchOptions options, FrameHub? hub = null)
{
    private static readonly TimeSpan GuardPatience = TimeSpan.FromSeconds(1);
    private readonly FrameHub _hub = hub ?? new();

    /// <summary>The frames, also before the run begins and after it ended.</summary>
    public IWatchFeed Feed => _hub;

    /// <summary>
    /// Publishes frames until time is up or it is cancelled, the last one at the end in any case. Ends the feed.
    /// </summary>
    /// <exception cref="LinuxException">The kernel tells nothing of its sockets.</exception>
    public void Run(CancellationToken cancellation)
    {
        try
        {
            Watch(cancellation);
            _hub.End();
        }
        catch (Exception e)
        {
            _hub.End(e);
            throw;
        }
    }

    private void Watch(CancellationToken cancellation)
    {
        var clock = new WatchClock();
        using var guard = new GuardReader(options.GuardSocket);
        using var source = Open(clock, new WhoFinder());
        var model = new WatchModel(options.Limits);
        source.Begin(model);
        guard.Ask();
        guard.WaitFor(GuardPatience);
        var next = options.OnlyLast ? TimeSpan.MaxValue : TimeSpan.Zero;
        var end = options.For ?? TimeSpan.MaxValue;
        while (true)
        {
            var now = clock.Now;
            var isOver = now >= end || cancellation.IsCancellationRequested;
            if (isOver && options.OnlyLast)
            {
                guard.Ask();
                guard.WaitFor(GuardPatience);
            }

            if (isOver || now >= next)
            {
                if (isOver)
                {
                    source.Take(model, TimeSpan.Zero);
                }

                Publish(model, source, guard, clock.Now);
                guard.Ask(); // for the next frame
                next = now + options.Every;
            }

            if (isOver)
            {
                return;
            }

            now = clock.Now;
            var pause = (next < end ? next : end) - now;
            source.Take(model, pause > TimeSpan.Zero ? pause : TimeSpan.Zero);
        }
    }

    private void Publish(WatchModel model, IAttemptSource source, GuardReader guard, TimeSpan now)
    {
        var description = source.Description;
        if (guard.IsForbidden)
        {
            const string Words = $"a guard runs, and only root (sudo) and the group {GuardPaths.GroupName} may ask it";
            description = description with { Why = description.Why.Length > 0 ? $"{Words}; {description.Why}" : Words };
        }

        var tracked = NetworkCounts.Read();
        _hub.Publish(model.Frame(now, DateTimeOffset.UtcNow, description,
            tracked is null ? null : new WatchTable(tracked.Count, tracked.Max), guard.Latest, source.HasLost));
    }

    private IAttemptSource Open(WatchClock clock, WhoFinder who)
    {
        var why = "it was asked for";
        if (!options.Samples && Environment.IsPrivilegedProcess)
        {
            try
            {
                return new EventAttempts(clock, who, options.WithLoopback);
            }
            catch (LinuxException e)
            {
                why = "no BPF here: " + e.Message;
            }
        }
        else if (!options.Samples)
        {
            why = "only root may use BPF, and programs of other users are known by their user only";
        }

        return new SampledAttempts(clock, who, options.WithLoopback, why, NetworkCounts.SynRetries());
    }
}
