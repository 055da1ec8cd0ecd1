namespace HalfOpen.Core
{
    /// <summary>
    /// <c>unlimited</c>: every attempt starts at once, as on systems without a limit. For comparison, and to only
    /// observe.
    /// </summary>
    public sealed record UnlimitedOptions : PolicyOptions
    {
        internal static PolicyRow TableRow { get; } = new("unlimited", "counts and never holds", new UnlimitedOptions());

        /// <inheritdoc/>
        public override PolicyRow Row => TableRow;

        /// <inheritdoc/>
        public override PolicyPromises Promises => new() { Limited = false };

        internal override Policies.Policy Create(EngineState state) => new Policies.Unlimited.UnlimitedPolicy(state);
    }
}

namespace HalfOpen.Core.Policies.Unlimited
{
    /// <summary>Starts everything. The limit is shown and never compared.</summary>
    internal sealed class UnlimitedPolicy(EngineState state) : Policy(state)
    {
        public override void Submit(int index) => State.Start(index, counted: true);

        public override void Adopt(int index) => State.StartAdopted(index, counted: true);

        public override void Ended(int index, Outcome outcome) => State.Discharge(index);

        public override void Unlink(int index) => throw new InvalidOperationException("nothing waits under unlimited");

        public override void Export(List<int> waiting)
        {
        }

        public override void LimitChanged()
        {
        }

        public override WaitReason ReasonOf(int program) => WaitReason.None;
    }
}
