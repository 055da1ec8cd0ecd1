namespace HalfOpen.Core;

public sealed partial record FairOptions
{
    private const int LargestTable = 10_000_000;
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(900);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public override PolicyRow Row => TableRow;

    /// <inheritdoc/>
    public override PolicyPromises Promises => new()
    {
        UnknownPerSlot = 1 + Policies.Fair.FairPolicy.MadeWayPerSlot,
        BeyondPerSlot = Policies.Fair.BeyondSlots.PerSlot,
        BeyondAtLeast = Policies.Fair.BeyondSlots.AtLeast,
        FifoWithinProgram = false,
        BoundPerProgram = 64,
        NatBudget = NatBudget,
    };

    // Last: what stands above must be there first.
    internal static PolicyRow TableRow { get; } = new("fair", "shares the slots themselves between programs", new FairOptions(),
    [
        PolicyOption.Switch<FairOptions>(
            "give-up", "Abort attempts that stay silent for longer than handshakes here ever took; successes earn it. Default no.",
            o => o.GiveUp, (o, on) => o with { GiveUp = on }),
        PolicyOption.NumberOr<FairOptions>(
            "nat-budget", 2, LargestTable, "none", "Entries that a NAT device may hold for our attempts, dead ones included. Default none.",
            o => o.NatBudget, (o, n) => o with { NatBudget = n }) with { Example = "2000", ShortName = "NAT" },
        PolicyOption.Time<FairOptions>(
            "nat-silent-hold", TimeSpan.Zero, LongestHold,
                "With nat-budget: how long an entry outlives the last SYN that nobody answered. Default 120s, as Linux.",
            o => o.NatSilentHold, (o, t) => o with { NatSilentHold = t }),
        PolicyOption.Time<FairOptions>(
            "nat-closed-hold", TimeSpan.Zero, LongestHold,
                "With nat-budget: how long that of a refused attempt or a closed connection does. Default 10s, as Linux.",
            o => o.NatClosedHold, (o, t) => o with { NatClosedHold = t }),
        .. Parts(),
    ]);

    /// <summary>Each part alone, for measuring.</summary>
    private static IEnumerable<PolicyOption> Parts() => ((PolicyOption[])
    [
        PolicyOption.NumberOr<FairOptions>(
            "max-headroom", 0, 1_000_000, "auto",
                "Most slots that programs with silent peers leave to others. Default auto: a twentieth of the limit, at least 1.",
            o => o.MaxHeadroom, (o, n) => o with { MaxHeadroom = n }),
        PolicyOption.Switch<FairOptions>(
            "learn-headroom", "Size the headroom by what short handshakes needed lately. Default yes.",
            o => o.LearnHeadroom, (o, on) => o with { LearnHeadroom = on }),
        PolicyOption.Switch<FairOptions>(
            "lend-headroom", "Lend the headroom while no newcomer is expected. Default yes.",
            o => o.LendHeadroom, (o, on) => o with { LendHeadroom = on }),
        PolicyOption.Time<FairOptions>(
            "lend-before", TimeSpan.Zero, TimeSpan.FromSeconds(1),
                "Lend a slot when another comes back within this time. Default 100ms; 0s: never.",
            o => o.LendBefore, (o, t) => o with { LendBefore = t }),
        PolicyOption.Switch<FairOptions>(
            "learn-patience", "Do not start what its program is about to give up. Default yes.",
            o => o.LearnPatience, (o, on) => o with { LearnPatience = on }),
        PolicyOption.Switch<FairOptions>(
            "known-destinations", "Start attempts to hosts that answered lately without a slot. Default yes.",
            o => o.KnownDestinations, (o, on) => o with { KnownDestinations = on }),
        PolicyOption.Time<FairOptions>(
            "known-for", TimeSpan.FromMilliseconds(1), Day, "How long an answer is remembered. Default 300s.",
            o => o.KnownFor, (o, t) => o with { KnownFor = t }),
        PolicyOption.Number<FairOptions>(
            "max-known-destinations", 16, LargestTable, "How many hosts are remembered. Default 65536.",
            o => o.MaxKnownDestinations, (o, n) => o with { MaxKnownDestinations = n }),
        PolicyOption.Switch<FairOptions>(
            "port-classes", "Tell the ports of one program apart. Default yes.",
            o => o.PortClasses, (o, on) => o with { PortClasses = on }),
        PolicyOption.Time<FairOptions>(
            "min-give-up-after", TimeSpan.FromSeconds(1), Day, "The learned deadline is never below this. Default 3.5s.",
            o => o.MinGiveUpAfter, (o, t) => o with { MinGiveUpAfter = t }),
        PolicyOption.Switch<FairOptions>(
            "credit", "Give-ups are paid for with successes. Default yes.",
            o => o.Credit, (o, on) => o with { Credit = on }),
        PolicyOption.Number<FairOptions>(
            "credit-per-success", 1, 100, "Give-ups that one success pays for. Default 5.",
            o => o.CreditPerSuccess, (o, n) => o with { CreditPerSuccess = n }),
    ]).Select(o => o with { ForMeasuring = true });
}
