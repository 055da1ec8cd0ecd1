using HalfOpen.Core;
using HalfOpen.Lab.Link;

namespace HalfOpen.Lab.Runs;

/// <summary>What is tried.</summary>
public enum LabScenario
{
    /// <summary>The browser alone: what the others are compared with.</summary>
    Idle,

    /// <summary>A swarm with mostly dead peers beside a browser; dead peers hold slots.</summary>
    Freeze,

    /// <summary>The same behind a home router whose table fills; dead peers hold entries.</summary>
    Router,

    /// <summary>
    /// A program with up to a thousand connections under way to one host, which falls silent: attempts to a known host
    /// need no slot, until it is known no more.
    /// </summary>
    GoodHostDies,
}

/// <summary>
/// How long things take in the lab. Durations that people and dead peers set are scaled; handshakes are not, because
/// they are what is measured. Immutable.
/// </summary>
public sealed record LabTimes
{
    /// <summary>
    /// 1: as in life. The default run divides every duration below by 7, so that a minute shows what takes seven.
    /// </summary>
    public double Scale { get; init; } = 1.0 / 7;

    /// <summary>From the start of the programs to the end of the counting. Not scaled.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the scanner runs, afterwards, beside the others. Not scaled.</summary>
    public TimeSpan Scanned { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>A silent attempt is given up this long after its first SYN: 21 s (Windows).</summary>
    public TimeSpan Dead => TimeSpan.FromSeconds(21 * Scale);

    /// <summary>An established connection stays open: 5 s.</summary>
    public TimeSpan Open => TimeSpan.FromSeconds(5 * Scale);

    /// <summary>
    /// From the start to the first page: 1 s, not scaled, since eight machines' programs run their code for the first
    /// time then, and their compiler is not what is measured. Behind the router 120 s, scaled: only then is its table
    /// as full as it gets.
    /// </summary>
    public TimeSpan FirstPage(LabScenario scenario) => TimeSpan.FromSeconds(scenario == LabScenario.Router ? 120 * Scale : 1);

    /// <summary>From one page to the next: 10 s.</summary>
    public TimeSpan Pause => TimeSpan.FromSeconds(10 * Scale);

    /// <summary>The person gives a page up: 150 s.</summary>
    public TimeSpan PageTimeout => TimeSpan.FromSeconds(150 * Scale);

    /// <summary>A login lasts: 120 s.</summary>
    public TimeSpan Session => TimeSpan.FromSeconds(120 * Scale);

    /// <summary>
    /// Router scenario: a P2P client gives a silent attempt up by itself: 15 s after asking for it (libtorrent).
    /// </summary>
    public TimeSpan ClientTimeout => TimeSpan.FromSeconds(15 * Scale);

    /// <summary>
    /// Router scenario: attempts a second: 30 in life. Faster where time is, so that the table is as full.
    /// </summary>
    public double SwarmRate => 30 / Scale;

    /// <summary>
    /// Good host: when it falls silent, from the start of the programs: a quarter of the counting. It stays silent.
    /// </summary>
    public TimeSpan ServiceSilent => Measured / 4;

    /// <summary>The router's entries stay 120 s after an unanswered SYN and 10 s after an end.</summary>
    public RouterOptions Router(int capacity) => new(capacity, TimeSpan.FromSeconds(120 * Scale), TimeSpan.FromSeconds(10 * Scale));
}

/// <summary>One run: a scenario under a policy. Immutable.</summary>
public sealed record LabPlan
{
    public const int SwarmWished = 200;
    public const int Hosts = 5;
    public const int PerHost = 6;
    public const int ShellSessions = 3;
    public const double ScannerRate = 200;
    public const int ScannerSockets = 2000;

    /// <summary>Good host: connections begun a second, and the most that may be under way.</summary>
    public const double LoadRate = 300;

    public const int LoadSockets = 1000;

    /// <summary>Entries of the home router's table; one common model slows down past this.</summary>
    public const int RouterCapacity = 2730;

    /// <summary>What the guard is told to stay under.</summary>
    public const int RouterBudget = 2000;

    public required LabScenario Scenario { get; init; }

    /// <summary>unlimited, windows-xp or fair.</summary>
    public required string Policy { get; init; }

    /// <summary>Slots; null: no guard runs.</summary>
    public int? Limit { get; init; }

    /// <summary>fair: give silent attempts up.</summary>
    public bool GiveUp { get; init; }

    /// <summary>fair: entries of the router's table to stay under; null: not told.</summary>
    public int? NatBudget { get; init; }

    /// <summary>A swarm and, at the end, a scanner run beside the browser.</summary>
    internal bool HasSwarm => Scenario is LabScenario.Freeze or LabScenario.Router;

    /// <summary>For tables.</summary>
    public string Name => Scenario == LabScenario.Idle ? "idle machine"
        : Limit is not { } limit ? "no limit"
        : $"{Policy} at {limit}{(NatBudget is { } n ? $", NAT budget {n}" : "")}{(GiveUp ? ", give-up" : "")}";

    /// <summary>The policy with what is set, for the guard and for the simulator.</summary>
    /// <param name="router">What the policy is told of the router, where it has a budget.</param>
    /// <exception cref="LabException">No such policy, or it has no such option.</exception>
    internal PolicyOptions PolicyWith(RouterOptions router)
    {
        var text = Policy + (GiveUp ? "+give-up" : "")
            + (NatBudget is { } n
                ? $"+nat-budget={n}+nat-silent-hold={OptionText.Of(router.SilentFor)}+nat-closed-hold={OptionText.Of(router.ClosedFor)}"
                    : "");
        return PolicyTable.Shipped.TryParse(text, out var policy, out var problem) ? policy : throw new LabException(problem + ".");
    }

    /// <summary>The runs of the lab, in the order of the table.</summary>
    /// <param name="only">Only this scenario; null: freeze and router.</param>
    public static IReadOnlyList<LabPlan> All(LabScenario? only, bool giveUp)
    {
        List<LabPlan> plans = [new LabPlan { Scenario = LabScenario.Idle, Policy = "unlimited" }];
        if (only is null or LabScenario.Freeze)
        {
            plans.Add(Freeze("unlimited", null));
            plans.Add(Freeze("windows-xp", 10));
            plans.Add(Freeze("windows-xp", 100));
            plans.Add(Freeze("fair", 10));
            plans.Add(Freeze("fair", 100));
            if (giveUp)
            {
                plans.Add(Freeze("fair", 10) with { GiveUp = true });
                plans.Add(Freeze("fair", 100) with { GiveUp = true });
            }
        }

        if (only is null or LabScenario.Router)
        {
            plans.Add(new LabPlan { Scenario = LabScenario.Router, Policy = "unlimited" });
            plans.Add(new LabPlan { Scenario = LabScenario.Router, Policy = "fair", Limit = 400, NatBudget = RouterBudget });
        }

        if (only is LabScenario.GoodHostDies)
        {
            plans.AddRange(
                from policy in (string[])["windows-xp", "fair"]
                from limit in (int[])[10, 100]
                select Freeze(policy, limit) with { Scenario = LabScenario.GoodHostDies });
        }

        return plans;
    }

    private static LabPlan Freeze(string policy, int? limit) => new() { Scenario = LabScenario.Freeze, Policy = policy, Limit = limit };
}
