using HalfOpen.Core.Queueing;

namespace HalfOpen.Core
{
    /// <summary>
    /// <c>fifo</c>: one queue for all, every half-open attempt takes a slot. What most software does.
    /// </summary>
    public sealed record FifoOptions : PolicyOptions
    {
        internal static PolicyRow TableRow { get; } = new("fifo", "keeps one queue for everybody", new FifoOptions());

        /// <inheritdoc/>
        public override PolicyRow Row => TableRow;

        /// <inheritdoc/>
        public override PolicyPromises Promises => new() { BoundPerWaiting = 1, BoundPerProgram = 1 };

        internal override Policies.Policy Create(EngineState state) => new Policies.Fifo.FifoPolicy(state);
    }
}

namespace HalfOpen.Core.Policies.Fifo
{
    /// <summary>One list. Priorities and programs are not looked at.</summary>
    internal sealed class FifoPolicy(EngineState state) : Policy(state)
    {
        private AttemptList _queue;

        public override void Submit(int index)
        {
            if (_queue.IsEmpty && State.All.Counted < State.Limit)
            {
                State.Start(index, counted: true);
                return;
            }

            State.Enqueue(index);
            _queue.AddLast(Slab, index);
        }

        public override void Adopt(int index) => State.StartAdopted(index, counted: true);

        public override void Ended(int index, Outcome outcome)
        {
            State.Discharge(index);
            Drain();
        }

        public override void Unlink(int index) => _queue.Remove(Slab, index);

        public override void Export(List<int> waiting) => _queue.MoveTo(Slab, waiting);

        public override void LimitChanged() => Drain();

        public override WaitReason ReasonOf(int program) => State.All.Counted >= State.Limit ? WaitReason.SlotsTaken : WaitReason.Turn;

        private void Drain()
        {
            while (!_queue.IsEmpty && State.All.Counted < State.Limit)
            {
                State.Start(_queue.RemoveFirst(Slab), counted: true);
            }
        }
    }
}
