using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies;

/// <summary>
/// The rule that decides. The engine has advanced the time before each call; a policy changes attempts only through
/// <see cref="EngineState"/> and its own lists, and starts whatever may start before it returns.
/// </summary>
internal abstract class Policy(EngineState state)
{
    protected EngineState State { get; } = state;

    protected AttemptSlab Slab { get; } = state.Slab;

    /// <summary>When <see cref="Advance"/> has something to do; long.MaxValue: never.</summary>
    public virtual long NextDue => long.MaxValue;

    /// <summary>Whether it ever leases slots out. Default no.</summary>
    public virtual bool Leases => false;

    /// <summary>
    /// Slots that may be out on lease now, in all: whoever takes one of them asks nobody. Asked while nothing waits.
    /// Default none.
    /// </summary>
    public virtual int Leasable => 0;

    /// <summary>What only this policy knows.</summary>
    public virtual PolicyStatistics? Statistics => null;

    /// <summary>A new attempt: start or enqueue it.</summary>
    public abstract void Submit(int index);

    /// <summary>The attempt just submitted will wait; the host has been told.</summary>
    public virtual void Queued(int index)
    {
    }

    /// <summary>
    /// It is half-open already: count it, or have its program owe a slot for it where there are more than the limit.
    /// </summary>
    public abstract void Adopt(int index);

    /// <summary>
    /// It started on a leased slot, now: it has its place already, and may be counted on it or not, as any other that
    /// starts.
    /// </summary>
    public virtual void AdoptLeased(int index) => Adopt(index);

    /// <summary>
    /// A started attempt ended: free its slot, start others. Sets <see cref="AttemptState.Cooling"/> to keep the place
    /// (and free it itself later).
    /// </summary>
    public abstract void Ended(int index, Outcome outcome);

    /// <summary>Its program takes a waiting attempt back; <see cref="Unlink"/> follows.</summary>
    public virtual void Withdrawn(int index)
    {
    }

    /// <summary>A waiting attempt leaves: unlink it.</summary>
    public abstract void Unlink(int index);

    /// <summary>What was unlinked is gone: start what its going lets start.</summary>
    public virtual void Unlinked()
    {
    }

    public virtual void ConnectionClosed(in Destination destination)
    {
    }

    /// <summary>Time is at <see cref="NextDue"/>: do what is due, so that it moves on.</summary>
    public virtual void Advance()
    {
    }

    /// <summary>A leased attempt that holds a slot is leased no more: the slot is as any other.</summary>
    public virtual void Unleased(int index)
    {
    }

    /// <summary>Slots came back from a lease: start what they let start.</summary>
    public virtual void LeaseEnded() => LimitChanged();

    /// <summary>The limit changed, or the backlog was taken over from another policy.</summary>
    public abstract void LimitChanged();

    /// <summary>
    /// Another policy takes over: append everything that waits, first in first out within each program, and forget it.
    /// </summary>
    public abstract void Export(List<int> waiting);

    /// <summary>Another policy takes over: give up what is kept beyond the attempts themselves.</summary>
    public virtual void Detach()
    {
    }

    /// <summary>A program is forgotten; another takes its index.</summary>
    public virtual void Forget(int program)
    {
    }

    /// <summary>An owner's last program was forgotten; another owner takes its index.</summary>
    public virtual void ForgetOwner(int owner)
    {
    }

    public abstract WaitReason ReasonOf(int program);
}
