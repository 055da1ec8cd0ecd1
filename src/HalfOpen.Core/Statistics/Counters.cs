namespace HalfOpen.Core.Statistics;

/// <summary>What is counted per program and in all. One row is 128 bytes: two cache lines.</summary>
internal struct CounterRow
{
    public long Submitted;
    public long Started;
    public long Rejected;
    public OutcomeCounts Outcomes;
    public long WaitTicks;
    public long MaxWaitTicks;
    public int Waiting;
    public int HalfOpen;
    public int Counted;

    public readonly OutcomeTotals Totals => new(
        Submitted, Started, Rejected, Outcomes[0], Outcomes[1], Outcomes[2], Outcomes[3], Outcomes[4], Outcomes[5]);
}

/// <summary>One counter for each <see cref="Outcome"/>.</summary>
[System.Runtime.CompilerServices.InlineArray(6)]
internal struct OutcomeCounts
{
    private long _first;
}
