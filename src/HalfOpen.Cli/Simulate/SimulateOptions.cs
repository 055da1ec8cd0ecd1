using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Cli.Simulate;

/// <summary>The flags of <c>simulate</c>, and what they come to: a scenario and the runs to make of it.</summary>
internal sealed class SimulateOptions
{
    public const int MostSeeds = 10_000;
    private const string FairGivesUp = "fair+give-up";

    public Option<string> Scenario { get; } = new("--scenario", "-s") { Description = "A shipped scenario (see --list) or a JSON file. Default: freeze.", DefaultValueFactory = _ => "freeze" };

    public Option<string[]> Policy { get; } = new("--policy", "-p") { Description = "unlimited, fifo, windows-xp, fair or fair+give-up; a list (fifo,fair), or given more than once. Default: the scenario's.", AllowMultipleArgumentsPerToken = true };

    public Option<string?> Limit { get; } = new("--limit", "-l") { Description = "Slots: a number, a list (10,50,100), or a sweep in geometric steps (10:400). Default: the scenario's." };

    public Option<string?> Seed { get; } = new("--seed") { Description = "The seed of the first run, 0 to 2^64-1. Default: 1. The same seed gives the same run on every machine." };

    public Option<int> Seeds { get; } = new("--seeds") { Description = "How many seeds to run, counting up from --seed. Default: 1.", DefaultValueFactory = _ => 1 };

    public Option<bool> GiveUp { get; } = new("--give-up") { Description = "fair only: give silent attempts up after the learned handshake deadline." };

    public Option<int?> NatBudget { get; } = new("--nat-budget") { Description = "fair only: keep the router's table under so many entries; 0: no budget. Default: the scenario's." };

    public Option<string[]> Set { get; } = new("--set") { Description = "Replace a value of the scenario: FIELD=VALUE or PROGRAM.FIELD=VALUE, such as swarm.concurrent=1000; may be given more than once." };

    public Option<int?> Hosts { get; } = new("--hosts") { Description = "outbreak only: machines in the population, 2 to 10000000." };

    public Option<int> Parallel { get; } = new("--parallel") { Description = "Runs made at the same time. Default: the cores of this machine. Results do not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };

    public Option<string?> Plot { get; } = new("--plot") { Description = "Write an SVG picture: figures over the limit; the curve of an outbreak." };

    public Option<string?> Timeline { get; } = new("--timeline") { Description = "Write an SVG picture of one run: who holds which slot when." };

    public Option<double> TimelineSeconds { get; } = new("--timeline-seconds") { Description = "Virtual seconds that --timeline shows. Default: 60.", DefaultValueFactory = _ => 60 };

    public Option<string?> Record { get; } = new("--record") { Description = "Write what the policy was told, as the JSON Lines of 'halfopen replay'. For one run." };

    public Option<string?> Replay { get; } = new("--replay") { Description = "Drive a policy by a recorded file instead of a world, with the checkers on." };

    public Option<bool> Json { get; } = CommonOptions.Json();

    public Option<bool> Csv { get; } = new("--csv") { Description = "Print one line a run for spreadsheets instead of text for people." };

    public Option<bool> Stats { get; } = new("--stats") { Description = "Say on standard error how many events were simulated and how fast." };

    public Option<bool> List { get; } = new("--list") { Description = "List the shipped scenarios." };

    public Option<string?> Show { get; } = new("--show") { Description = "Print a shipped scenario's file, or 'schema' for the JSON schema, to begin your own with." };

    public Option<bool> Quiet { get; } = CommonOptions.Quiet();

    public IEnumerable<Option> All =>
        [Scenario, Policy, Limit, Seed, Seeds, GiveUp, NatBudget, Set, Hosts, Parallel, Plot, Timeline, TimelineSeconds, Record, Replay, List, Show, Json, Csv, Stats, Quiet];

    /// <summary>Loads the scenario that was named.</summary>
    public Scenario ReadScenario(ParseResult parsed)
    {
        var name = parsed.GetValue(Scenario) ?? "freeze";
        var overrides = parsed.GetValue(Set) ?? [];
        try
        {
            var scenario = ShippedScenarios.Find(name, overrides) ?? ReadFile(name, overrides);
            if (parsed.GetValue(Hosts) is not { } hosts)
            {
                return scenario;
            }

            if (scenario.Outbreak is not { } outbreak)
            {
                throw CliException.Usage($"--hosts is for outbreaks, and {scenario.Name} is none: try --scenario outbreak.");
            }

            return hosts is >= 2 and <= 10_000_000
                ? scenario with { Outbreak = outbreak with { Hosts = hosts, Initial = Math.Min(outbreak.Initial, hosts), Addresses = Math.Max(outbreak.Addresses, hosts) } }
                : throw CliException.Usage($"--hosts {hosts} is not allowed; 2 to 10000000 is.");
        }
        catch (ScenarioException e)
        {
            throw CliException.Usage(e.Message);
        }
    }

    /// <summary>The runs: every policy at every limit with every seed.</summary>
    public List<RunRequest> Requests(ParseResult parsed, Scenario scenario, out List<ulong> seeds)
    {
        seeds = ReadSeeds(parsed);
        var policies = parsed.GetValue(Policy) is { Length: > 0 } named
            ? named.SelectMany(p => p.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct().ToList() : null;
        if (policies?.Find(p => !PolicyCatalog.Names.Contains(p) && p != FairGivesUp) is { } unknown)
        {
            throw CliException.Usage($"there is no policy '{unknown}'; there are {string.Join(", ", PolicyCatalog.Names)} and {FairGivesUp}.");
        }

        var limitText = parsed.GetValue(Limit);
        var limits = limitText is null ? scenario.Limits
            : LimitSweep.Parse(limitText) ?? throw CliException.Usage($"--limit '{limitText}' is not understood; a number from 1 to {LimitSweep.Most} is, or a list (10,50,100), or a sweep (10:400).");
        var giveUp = parsed.GetValue(GiveUp);
        var budget = parsed.GetValue(NatBudget);
        if (budget is < 0 or > 1_000_000)
        {
            throw CliException.Usage($"--nat-budget {budget} is not allowed; 0 to 1000000 is.");
        }

        var freezeTable = scenario.Name == "freeze" && policies is null && limitText is null && !giveUp;
        policies ??= freezeTable ? [RunRequest.Idle, "unlimited", "fifo", "windows-xp", "fair"] : [.. scenario.Policies];
        if (giveUp && !policies.Exists(p => PolicyCatalog.HasOptions(PlainName(p))))
        {
            throw CliException.Usage("--give-up is an option of the policy fair: add --policy fair.");
        }

        var requests = new List<RunRequest>();
        foreach (var name in policies)
        {
            var policy = PlainName(name);
            bool[] withGiveUp = !PolicyCatalog.HasOptions(policy) ? [false] : freezeTable ? [false, true] : [giveUp || name == FairGivesUp];
            foreach (var on in withGiveUp)
            {
                foreach (var limit in LimitsOf(policy, limits, freezeTable))
                {
                    requests.AddRange(seeds.Select(seed => new RunRequest
                    {
                        Policy = policy,
                        Limit = limit,
                        GiveUp = on,
                        NatBudget = PolicyCatalog.HasOptions(policy) && budget != 0 ? budget ?? scenario.NatBudget : null,
                        Seed = seed,
                    }));
                }
            }
        }

        return requests;
    }

    private static string PlainName(string policy) => policy == FairGivesUp ? "fair" : policy;

    private static IEnumerable<int?> LimitsOf(string policy, IReadOnlyList<int> limits, bool freezeTable) =>
        !PolicyCatalog.IsLimited(policy) ? [null]
        : freezeTable && policy == "fifo" ? [limits[0]]
        : limits.Select(l => (int?)l);

    private List<ulong> ReadSeeds(ParseResult parsed)
    {
        var text = parsed.GetValue(Seed) ?? "1";
        if (!ulong.TryParse(text, out var first))
        {
            throw CliException.Usage($"--seed '{text}' is not allowed; 0 to 18446744073709551615 is.");
        }

        var count = parsed.GetValue(Seeds);
        if (count is < 1 or > MostSeeds || first > ulong.MaxValue - (ulong)count)
        {
            throw CliException.Usage($"--seeds {count} is not allowed; 1 to {MostSeeds} is.");
        }

        return [.. Enumerable.Range(0, count).Select(i => first + (ulong)i)];
    }

    private static Scenario ReadFile(string name, string[] overrides)
    {
        if (!File.Exists(name))
        {
            throw CliException.Usage(Directory.Exists(name)
                ? $"{name} is a folder, and a scenario is a JSON file."
                : $"there is no scenario '{name}', neither shipped ({string.Join(", ", ShippedScenarios.Names)}) nor as a file.");
        }

        using var stream = File.OpenRead(name);
        var bytes = new byte[ScenarioReader.MaxBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > ScenarioReader.MaxBytes
            ? throw CliException.Usage($"{name} is longer than {ScenarioReader.MaxBytes} bytes: that is no scenario.")
            : ScenarioReader.Read(bytes.AsSpan(0, length), name, overrides);
    }
}
