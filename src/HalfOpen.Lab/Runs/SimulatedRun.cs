using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Lab.Runs;

/// <summary>The same run in the simulator: same programs, shares, times, policy, limit, seed.</summary>
internal static class SimulatedRun
{
    /// <summary>
    /// The simulator's page is there with its last handshake, the lab's with its last byte: a request and an answer
    /// later.
    /// </summary>
    private const double RequestSeconds = 0.05;

    public static LabFigures Of(LabPlan plan, LabTimes times, ulong seed, CancellationToken cancel)
    {
        var request = new RunRequest
        {
            Policy = plan.PolicyWith(times.Router(1)),
            Limit = plan.Limit,
            Seed = seed,
        };
        var scenario = Scenario(plan, times);
        var run = Experiment.Run(scenario, [request], 1, null, cancel)[0];
        return new LabFigures
        {
            Pages = PageFigures.Of(run.Pages.Select(p => p + RequestSeconds), [], run.PageSeconds?.UnfinishedSeconds),
            LivePeersPerMinute = run.LivePeersPerMinute,
            MaxCounted = plan.Limit is null || request.Policy.Promises.UnknownPerSlot > 0 ? run.MaxUnknownHalfOpen : run.MaxCounted,
            MaxHalfOpen = run.MaxHalfOpen,
            MaxRouterEntries = run.MaxNatEntries ?? 0,
            ScannerContactsPerSecond = !plan.HasSwarm ? 0 : Scanned(scenario, times, request, cancel),
        };
    }

    /// <summary>The scanner comes after the counting, as in the lab.</summary>
    private static double Scanned(Scenario scenario, LabTimes times, RunRequest request, CancellationToken cancel)
    {
        const string Name = "scanner";
        var whole = times.Measured + times.Scanned;
        var ownTimeout = scenario.Stack.System == StackSystem.Linux ? times.Dead.TotalSeconds : 0;
        var withScanner = scenario with
        {
            DurationSeconds = whole.TotalSeconds,
            Programs =
            [
                .. scenario.Programs,
                new ProgramSpec
                {
                    Name = Name,
                    Key = Name,
                    Kind = ProgramKind.Worm,
                    StartSeconds = times.Measured.TotalSeconds,
                    RatePerSecond = LabPlan.ScannerRate,
                    MaxOutstanding = LabPlan.ScannerSockets,
                    Silent = 0.98,
                    Refused = 0.01,
                    AnswerSeconds = new Span(0.05, 0.2),
                    OpenSeconds = times.Open.TotalSeconds,
                    TimeoutSeconds = ownTimeout,
                    PortFrom = World.Internet.ScannedPort,
                    PortTo = World.Internet.ScannedPort,
                },
            ],
        };
        return Experiment.Run(withScanner, [request], 1, null, cancel)[0]
            .AttemptsPerSecond[Name] * whole.TotalSeconds / times.Scanned.TotalSeconds;
    }

    private static Scenario Scenario(LabPlan plan, LabTimes times)
    {
        var router = times.Router(plan.Scenario == LabScenario.Router ? LabPlan.RouterCapacity : 1_000_000);
        var browser = new ProgramSpec
        {
            Name = "browser",
            Key = "browser",
            Kind = ProgramKind.Browser,
            StartSeconds = times.FirstPage(plan.Scenario).TotalSeconds,
            Hosts = LabPlan.Hosts,
            PerHost = LabPlan.PerHost,
            AnswerSeconds = new Span(0.05, 0.05),
            OpenSeconds = times.Open.TotalSeconds + RequestSeconds,
            PauseSeconds = times.Pause.TotalSeconds + RequestSeconds,
            PortFrom = World.Internet.WebPort,
            PortTo = World.Internet.WebPort,
        };
        var shell = new ProgramSpec
        {
            Name = "shell",
            Key = "shell",
            Kind = ProgramKind.KeepOpen,
            Concurrent = LabPlan.ShellSessions,
            Pool = LabPlan.ShellSessions,
            OpenSeconds = times.Session.TotalSeconds,
            PortFrom = World.Internet.ShellPort,
            PortTo = World.Internet.ShellPort,
        };
        var swarm = new ProgramSpec
        {
            Name = "swarm",
            Key = "swarm",
            Kind = ProgramKind.Swarm,
            Concurrent = plan.Scenario == LabScenario.Freeze ? LabPlan.SwarmWished : 0,
            RatePerSecond = plan.Scenario == LabScenario.Router ? times.SwarmRate : 0,
            TimeoutSeconds = plan.Scenario == LabScenario.Router ? times.ClientTimeout.TotalSeconds : 0,
            MaxOutstanding = 4000,
            Silent = 0.7,
            Refused = 0.1,
            AnswerSeconds = new Span(0.05, 0.2),
            OpenSeconds = times.Open.TotalSeconds,
            PortFrom = World.Internet.PeerPort,
            PortTo = World.Internet.PeerPort,
        };
        var load = new ProgramSpec
        {
            Name = "load",
            Key = "load",
            Kind = ProgramKind.Innocent,
            RatePerSecond = LabPlan.LoadRate,
            MaxOutstanding = LabPlan.LoadSockets,
            Pool = 1,
            AnswerSeconds = new Span(0.002, 0.002),
            OpenSeconds = times.Open.TotalSeconds / 10,
            TimeoutSeconds = times.Dead.TotalSeconds,
            PortFrom = World.Internet.ServicePort,
            PortTo = World.Internet.ServicePort,
        };
        return new Scenario
        {
            Name = "lab",
            DurationSeconds = times.Measured.TotalSeconds,
            Faults = plan.Scenario == LabScenario.GoodHostDies
                ? [new FaultSpec { Kind = FaultKind.Silence, At = times.ServiceSilent.TotalSeconds, Program = load.Name }] : [],
            // The router's programs run on the Linux machine they are on: a SYN a second, given up by themselves.
            Stack = plan.Scenario is LabScenario.Router or LabScenario.GoodHostDies
                ? new StackSpec { System = StackSystem.Linux }
                : new StackSpec { System = StackSystem.Windows, GiveUpSeconds = times.Dead.TotalSeconds },
            Nat = new NatSpec
                { Capacity = router.Capacity, SynSentSeconds = router.SilentFor.TotalSeconds, Renew = true,
                    ClosingSeconds = router.ClosedFor.TotalSeconds },
            Programs = plan.HasSwarm ? [swarm, browser, shell]
                : plan.Scenario == LabScenario.GoodHostDies ? [load, browser, shell] : [browser, shell],
        };
    }
}
