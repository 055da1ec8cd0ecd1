using HalfOpen.Core;
using HalfOpen.Guard.Holding;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux.Netlink;

namespace HalfOpen.Guard;

/// <summary>Takes the picture that users see. Allocates; asked for now and then only.</summary>
internal static class StatusBuilder
{
    private const int MostPrograms = 64;

    public static GuardStatus Build(GuardLoop loop, GuardOptions options, DateTimeOffset since)
    {
        var holder = loop.Holder;
        var engine = holder.Engine.GetStatistics();
        var oldest = OldestWaiting(holder);
        var busy = engine.Programs.Where(p => p.HalfOpen > 0 || p.Waiting > 0 || p.Counted > 0)
            .OrderByDescending(p => p.Counted + p.Waiting).ToList();
        var (queueDropped, userDropped) = PacketQueueDrops.Read(options.QueueNumber);
        var counters = holder.Counters;
        return new GuardStatus
        {
            Since = since,
            Policy = options.Policy.Name,
            Limit = engine.Limit,
            HalfOpen = engine.HalfOpen,
            Counted = engine.Counted,
            Waiting = engine.Waiting,
            OutcomeSource = loop.OutcomeSource,
            OutcomeProblem = loop.OutcomeProblem,
            Programs = [.. busy.Take(MostPrograms).Select(p => new ProgramStatus(
                p.Name, p.HalfOpen, p.Counted, p.Waiting, Words(p.Reason),
                    Age(oldest.GetValueOrDefault(p.Program.Index, holder.Now.Ticks), holder.Now), p.Totals.Started))],
            OtherPrograms = Math.Max(0, busy.Count - MostPrograms),
            // The engine ends a passed attempt and takes it over as a new one; to its program it is one attempt.
            Totals = engine.Totals with
            {
                Submitted = engine.Totals.Submitted - counters.Passed,
                Cancelled = engine.Totals.Cancelled - counters.Passed,
            },
            Counters = new GuardCounters
            {
                Syns = counters.Syns,
                QueueDropped = queueDropped,
                UserDropped = userDropped,
                Passed = counters.Passed,
                Refused = counters.Refused,
                ClosedWhileHeld = counters.ClosedWhileHeld,
                Retransmissions = counters.Retransmissions,
                CopiesDropped = counters.CopiesDropped,
                GivenUp = counters.GivenUp,
                Adopted = counters.Adopted,
                Exempt = counters.Exempt,
                Malformed = counters.Malformed,
                WithoutSocket = counters.WithoutSocket,
                HeldAgain = counters.HeldAgain,
                Lost = counters.Lost,
                MultipathPassed = counters.MultipathPassed,
            },
            Reconciliation = new ReconciliationStatus
            {
                Runs = counters.ReconcileRuns,
                LastSecondsAgo = loop.SecondsSinceReconcile,
                SlotsRecovered = counters.SlotsRecovered,
                HeldRecovered = counters.HeldRecovered,
                KernelSynSent = counters.KernelSynSent,
                Known = counters.Known,
                Unseen = counters.Unseen,
            },
            Rules = RulesOf(loop.Keeper),
            Waits = Summary(engine.Waits),
            Holds = Summary(engine.Holds),
            LimitWarnings = counters.Warnings,
            RecordProblem = loop.RecordProblem,
        };
    }

    private static Dictionary<int, long> OldestWaiting(Holder holder)
    {
        var oldest = new Dictionary<int, long>();
        for (var index = holder.Table.First(Stage.Held); index >= 0; index = holder.Table[index].Next)
        {
            oldest.TryAdd(holder.Table[index].Program.Index, holder.Table[index].Since);
        }

        return oldest;
    }

    private static RulesStatus RulesOf(RuleKeeper? keeper) => keeper is null
        ? new RulesStatus()
        : new RulesStatus
        {
            Where = keeper.Where,
            Problem = keeper.Lacking,
            InPlace = keeper.InPlace,
            PutBack = keeper.PutBackTimes,
            GaveWay = keeper.HasGivenWay,
        };

    private static double Age(long since, Instant now) => new TimeSpan(now.Ticks - since).TotalSeconds;

    private static DurationSummary Summary(DurationHistogram histogram) =>
        new(histogram.Count, histogram.Quantile(0.5).TotalMilliseconds, histogram.Quantile(0.99).TotalMilliseconds,
            histogram.Max.TotalMilliseconds);

    private static string Words(WaitReason reason) => reason switch
    {
        WaitReason.None => "",
        WaitReason.SlotsTaken => "every slot is held",
        WaitReason.Headroom => "free slots are kept for newcomers: its attempts were silent too often",
        WaitReason.Share => "programs that hold less come first",
        WaitReason.SameDestination => "another attempt to the same destination is half-open",
        WaitReason.NatBudget => "the NAT budget is used up",
        WaitReason.Turn => "its turn has not come",
        _ => reason.ToString(),
    };
}
