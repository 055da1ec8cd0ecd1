namespace HalfOpen.Core;

/// <summary><c>fair</c>: shares the slots themselves.</summary>
public sealed record FairOptions : PolicyOptions
{
    /// <inheritdoc/>
    public override string Name => "fair";

    /// <summary>Ask the host to abort attempts that stay silent for longer than handshakes take. Default false.</summary>
    public bool GiveUp { get; init; }

    internal override Policies.Policy Create(EngineState state) => new Policies.Fifo.FifoPolicy(state);
}
