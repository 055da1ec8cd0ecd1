using HalfOpen.Core;
using HalfOpen.Core.Policies;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Tests.Core;

/// <summary>
/// A policy that exists in test code only: one stack for everybody. What it takes to add one: these two types and a
/// row.
/// </summary>
internal sealed record NewestFirstOptions : PolicyOptions
{
    public static PolicyRow TableRow { get; } = new("newest-first", "starts the latest wish first", new NewestFirstOptions(),
    [
        PolicyOption.Number<NewestFirstOptions>("spare", 0, 100, "Slots that stay empty. Default 0.", o => o.Spare,
            (o, n) => o with { Spare = n }),
    ]);

    /// <summary>Slots that stay empty: 0 to 100, default 0.</summary>
    public int Spare { get; init; }

    public override PolicyRow Row => TableRow;

    public override PolicyPromises Promises => new() { FifoWithinProgram = false, FifoWithinDestination = false };

    internal override Policy Create(EngineState state) => new NewestFirstPolicy(state, Spare);
}

internal sealed class NewestFirstPolicy(EngineState state, int spare) : Policy(state)
{
    private AttemptList _stack;

    private bool HasRoom => State.All.Counted < State.Limit - spare;

    public override void Submit(int index)
    {
        if (_stack.IsEmpty && HasRoom)
        {
            State.Start(index, counted: true);
            return;
        }

        State.Enqueue(index);
        _stack.AddFirst(Slab, index);
    }

    public override void Adopt(int index) => State.StartAdopted(index, counted: true);

    public override void Ended(int index, Outcome outcome)
    {
        State.Discharge(index);
        LimitChanged();
    }

    public override void Unlink(int index) => _stack.Remove(Slab, index);

    public override void LimitChanged()
    {
        while (!_stack.IsEmpty && HasRoom)
        {
            State.Start(_stack.RemoveFirst(Slab), counted: true);
        }
    }

    public override void Export(List<int> waiting) => _stack.MoveTo(Slab, waiting);

    public override WaitReason ReasonOf(int program) => HasRoom ? WaitReason.Turn : WaitReason.SlotsTaken;
}
