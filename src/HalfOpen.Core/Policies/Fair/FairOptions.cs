namespace HalfOpen.Core;

/// <summary><c>fair</c>: shares the slots themselves.</summary>
public sealed record FairOptions : PolicyOptions
{
    /// <inheritdoc/>
    public override string Name => "fair";

    internal override Policies.Policy Create(EngineState state) => new Policies.Fifo.FifoPolicy(state);
}
