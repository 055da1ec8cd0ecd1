namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// What a program of a kind does when the scenario says nothing else. The freeze is these defaults, and nothing more.
/// </summary>
internal static class ProgramDefaults
{
    private const int FirstFreePort = 1025;

    public static ProgramSpec Of(ProgramKind kind) => kind switch
    {
        ProgramKind.Swarm => new ProgramSpec
        {
            Name = "swarm",
            Key = "",
            Kind = kind,
            Concurrent = 200,
            Silent = 0.7,
            Refused = 0.1,
            AnswerSeconds = new Span(0.05, 0.2),
            PortFrom = FirstFreePort, // BitTorrent peers listen on random ports
            PortTo = 65_535,
        },
        ProgramKind.Browser => new ProgramSpec { Name = "browser", Key = "", Kind = kind, StartSeconds = 1, Hosts = 5, PerHost = 6 },
        ProgramKind.Innocent => new ProgramSpec { Name = "innocent", Key = "", Kind = kind, RatePerSecond = 1 },
        ProgramKind.KeepOpen =>
            new ProgramSpec
            { Name = "mail", Key = "", Kind = kind, Concurrent = 3, Pool = 3, OpenSeconds = 300, PortFrom = 993, PortTo = 993 },
        ProgramKind.Crawler => new ProgramSpec
        {
            Name = "crawler",
            Key = "",
            Kind = kind,
            Concurrent = 100,
            Silent = 0.05,
            Refused = 0.03,
            Slow = 0.12,
            AnswerSeconds = new Span(0.02, 0.3),
            OpenSeconds = 1,
            PerHost = 2,
        },
        _ => new ProgramSpec
        {
            Name = "worm",
            Key = "",
            Kind = kind,
            RatePerSecond = 200,
            Silent = 0.98,
            Refused = 0.01,
            AnswerSeconds = new Span(0.05, 0.2),
            OpenSeconds = 1,
            PortFrom = 445,
            PortTo = 445,
        },
    };
}
