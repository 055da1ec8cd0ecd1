using HalfOpen.Core;
using HalfOpen.Guard.Holding;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux.Netlink;

namespace HalfOpen.Guard;

/// <summary>Takes the picture that users see. Allocates; asked for now and then only.</summary>
internal static class StatusBuilder
{
    public static GuardStatus Build(GuardLoop loop, GuardOptions options, DateTimeOffset since)
    {
        var holder = loop.Holder;
        var engine = holder.Engine.GetStatistics();
        var who = WhoStatus.Build(engine.Programs, OldestWaiting(holder), holder.Now);
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
            ShareBy = options.ShareBy == ShareBy.Owner ? "owner" : "program",
            Owners = who.Owners,
            OtherOwners = who.OtherOwners,
            Programs = who.Programs,
            OtherPrograms = who.OtherPrograms,
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
                AnsweredHere = counters.AnsweredHere,
                HeldAgain = counters.HeldAgain,
                Lost = counters.Lost,
                MultipathPassed = counters.MultipathPassed,
                EventsLost = counters.EventsLost,
            },
            Reconciliation = new ReconciliationStatus
            {
                Runs = counters.ReconcileRuns,
                LastSecondsAgo = Math.Round(loop.SecondsSinceReconcile, WhoStatus.Digits),
                SlotsRecovered = counters.SlotsRecovered,
                HeldRecovered = counters.HeldRecovered,
                KernelSynSent = counters.KernelSynSent,
                Known = counters.Known,
                Unseen = counters.Unseen,
            },
            Rules = RulesOf(loop.Keeper),
            Lease = new LeaseStatus
            {
                InUse = loop.LeaseProblem.Length == 0,
                Problem = loop.LeaseProblem,
                Free = holder.LeasedFree,
                Out = holder.Table.CountOnLease,
                Started = counters.OnLease,
            },
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

    private static DurationSummary Summary(DurationHistogram histogram) =>
        new(histogram.Count, Milliseconds(histogram.Quantile(0.5)), Milliseconds(histogram.Quantile(0.99)), Milliseconds(histogram.Max));

    /// <summary>To the microsecond: more is noise of the arithmetic.</summary>
    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, WhoStatus.Digits);
}
