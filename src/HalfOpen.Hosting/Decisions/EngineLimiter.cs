using HalfOpen.Core;
using HalfOpen.Hosting.Replay;

namespace HalfOpen.Hosting.Decisions;

/// <summary>An engine of one's own, as hosts see limiters: nothing added, nothing hidden. Not thread-safe.</summary>
public sealed class EngineLimiter(EngineOptions options) : ILimiter
{
    private readonly Engine _engine = new(options);

    public int HalfOpen => _engine.HalfOpen;

    public int Counted => _engine.Counted;

    public int Waiting => _engine.Waiting;

    public int Limit => _engine.Limit;

    public long NextDeadline => _engine.NextDeadline?.Ticks ?? long.MaxValue;

    public ReadOnlySpan<Decision> Decisions => _engine.Decisions;

    /// <summary>As <c>halfopen replay</c> reads names: a number is a process address.</summary>
    public ProgramId Intern(string program, string? owner = null) =>
        owner is not null ? _engine.Programs.Intern(program, _engine.Programs.InternOwner(owner))
        : ReplayParser.TryProgramNumber(program, out var number) ? _engine.Programs.Intern(number)
        : _engine.Programs.Intern(program);

    public AttemptId Submit(in AttemptRequest request, Instant now) => _engine.Submit(request, now);

    public AttemptId Adopt(in AttemptRequest request, Instant now) => _engine.Adopt(request, now);

    public void Complete(AttemptId attempt, Outcome outcome, Instant now) => _engine.Complete(attempt, outcome, now);

    public void ConnectionClosed(in Destination destination, Instant now) => _engine.ConnectionClosed(destination, now);

    public void AdvanceTo(Instant now) => _engine.AdvanceTo(now);

    public void SetLimit(int limit, Instant now) => _engine.SetLimit(limit, now);

    public void ClearDecisions() => _engine.ClearDecisions();
}
