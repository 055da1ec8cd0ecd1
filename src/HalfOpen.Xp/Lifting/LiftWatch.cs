using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>The user ended the work; everything is as it was before.</summary>
internal sealed class StoppedException : Exception
{
}

/// <summary>What became of a patch or a restore.</summary>
internal sealed class LiftResult
{
    public LiftResult(int replaced, int waiting)
    {
        Replaced = replaced;
        Waiting = waiting;
    }

    /// <summary>Files that have their new content.</summary>
    public int Replaced { get; }

    /// <summary>Files that were in use and get it when Windows next starts.</summary>
    public int Waiting { get; }
}

/// <summary>Told of a step before it is taken.</summary>
/// <param name="done">Steps taken so far, never more than <paramref name="total"/>.</param>
internal delegate void LiftProgress(int done, int total, Phrase what);

/// <summary>
/// Watches over a run: progress goes out, the wish to stop comes in. <see cref="Stop"/> may be called on any thread.
/// </summary>
internal sealed class LiftWatch
{
    private readonly LiftProgress? _progress;
    private int _done;
    private volatile bool _isStopped;

    public LiftWatch(LiftProgress? progress = null) => _progress = progress;

    /// <summary>How many steps there will be, for a bar; more are no mistake.</summary>
    public int Total { get; set; }

    public void Stop() => _isStopped = true;

    /// <exception cref="StoppedException">The user wants to stop.</exception>
    public void Step(Phrase what)
    {
        if (_isStopped)
        {
            throw new StoppedException();
        }

        Total = Math.Max(Total, _done + 1);
        _progress?.Invoke(_done, Total, what);
        _done++;
    }
}
