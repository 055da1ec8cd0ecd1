using System.CommandLine;
using System.Globalization;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Cli.Simulate;

/// <summary>The flags of <c>simulate</c>, and what they come to: a scenario and the runs to make of it.</summary>
internal sealed class SimulateOptions
{
    public const int MostSeeds = 10_000;
    private const int MostHosts = 10_000_000;
    private const string GiveUpOption = "give-up";
    private const string NatBudgetOption = "nat-budget";

    /// <summary>
    /// What <c>simulate</c> shows when nothing is asked for: the freeze under each policy. fifo at one limit is enough
    /// to see it.
    /// </summary>
    private static readonly string[] FreezeTable = [RunRequest.Idle, "unlimited", FifoOnce, "windows-xp", "fair", "fair+give-up"];
    private const string FifoOnce = "fifo";

    public SimulateOptions(PolicyTable policies)
    {
        Policies = policies;
        Policy = new("--policy", "-p")
        {
            Description =
                $"{OptionText.AnyOf(policies.Names)}, with options as fair+give-up; a list (fifo,fair), or given more than once. "
                + $"Default: the scenario's.",
            AllowMultipleArgumentsPerToken = true,
        };
        Policy.CompletionSources.Add(_ => Completer.Policies(policies));
        Scenario.CompletionSources.Add([.. ShippedScenarios.Names]);
        Show.CompletionSources.Add([.. ShippedScenarios.Names, "schema"]);
        GiveUp = new("--give-up")
            { Description = $"{policies.WhoHas(GiveUpOption)} only: give silent attempts up after the learned handshake deadline." };
        NatBudget = new Option<int?>("--nat-budget")
            { Description =
                $"{policies.WhoHas(NatBudgetOption)} only: keep the router's table under so many entries; 0: no budget. Default: the "
                + $"scenario's." }.Between(0, int.MaxValue);
    }

    /// <summary>The policies that can be named.</summary>
    public PolicyTable Policies { get; }

    public Option<string> Scenario { get; } = new("--scenario", "-s")
        { HelpName = "NAME-OR-FILE", Description = "A shipped scenario (see --list) or a JSON file. Default: freeze.",
            DefaultValueFactory = _ => "freeze" };

    public Option<string[]> Policy { get; }

    public Option<string?> Limit { get; } = new("--limit", "-l")
        { Description = "Slots: a number, a list (10,50,100), or a sweep in geometric steps (10:400). Default: the scenario's." };

    public Option<ulong> Seed { get; } = new Option<ulong>("--seed")
        { Description = "The seed of the first run, 0 to 2^64-1. Default: 1. The same seed gives the same run on every machine.",
            DefaultValueFactory = _ => 1 }.IsSeed();

    public Option<int> Seeds { get; } = new Option<int>("--seeds")
        { Description = "How many seeds to run, counting up from --seed. Default: 1.", DefaultValueFactory = _ => 1 }.Between(1, MostSeeds);

    public Option<bool> GiveUp { get; }

    public Option<int?> NatBudget { get; }

    public Option<string[]> Set { get; } = new("--set")
        { Description =
            "Replace a value of the scenario: FIELD=VALUE or PROGRAM.FIELD=VALUE, such as swarm.concurrent=1000; may be given more "
            + "than once." };

    public Option<int?> Hosts { get; } = new Option<int?>("--hosts")
        { Description = "outbreak only: machines in the population, 2 to 10000000." }.Between(2, MostHosts);

    public Option<int> Parallel { get; } = new Option<int>("--parallel")
        { Description = "Runs made at the same time, 1 to 1024. Default: the cores of this machine. Results do not depend on it.",
            DefaultValueFactory = _ => Environment.ProcessorCount }.Between(1, 1024);

    public Option<string?> Plot { get; } = new("--plot")
        { HelpName = "FILE", Description = "Write an SVG picture: figures over the limit; the curve of an outbreak." };

    public Option<string?> Timeline { get; } = new("--timeline")
        { HelpName = "FILE", Description = "Write an SVG picture of one run: who holds which slot when." };

    public Option<double> TimelineSeconds { get; } = new Option<double>("--timeline-seconds")
        { Description = "Virtual seconds that --timeline shows, 1 to 100000. Default: 60.", DefaultValueFactory = _ => 60 }
        .Between(1, 100_000);

    public Option<string?> Record { get; } = new("--record")
        { HelpName = "FILE", Description = "Write what the policy was told, as the JSON Lines of 'halfopen replay'. For one run." };

    public Option<string?> Replay { get; } = new("--replay")
        { HelpName = "FILE", Description = "Drive a policy by a recorded file instead of a world, with the checkers on." };

    public Option<string[]> Assert { get; } = new("--assert")
        { Description =
            "Exit with 1 unless this holds for every row of the table: METRIC OPERATOR NUMBER[UNIT], such as 'page.p99 <= 0.5s'. Metrics "
            + "are named as in --json, operators are <=, <, >=, > and =; may be given more than once." };

    public Option<bool> Json { get; } = CommonOptions.Json();

    public Option<bool> Csv { get; } = new("--csv") { Description = "Print one line a run for spreadsheets instead of text for people." };

    public Option<bool> Stats { get; } = new("--stats")
        { Description = "Say on standard error how many events were simulated and how fast." };

    public Option<bool> List { get; } = new("--list") { Description = "List the shipped scenarios." };

    public Option<string?> Show { get; } = new("--show")
        { Description = "Print a shipped scenario's file, or 'schema' for the JSON schema, to begin your own with." };

    public Option<bool> Quiet { get; } = CommonOptions.Quiet();

    public IEnumerable<Option> All =>
        [Scenario, Policy, Limit, Seed, Seeds, GiveUp, NatBudget, Set, Hosts, Parallel, Plot, Timeline, TimelineSeconds, Record, Replay,
            List, Show, Assert, Json, Csv, Stats, Quiet];

    /// <summary>Loads the scenario that was named.</summary>
    public Scenario ReadScenario(ParseResult parsed)
    {
        var name = parsed.GetValue(Scenario) ?? "freeze";
        var overrides = parsed.GetValue(Set) ?? [];
        try
        {
            var scenario = ShippedScenarios.Find(name, overrides, Policies) ?? ReadFile(name, overrides);
            if (parsed.GetValue(Hosts) is not { } hosts)
            {
                return scenario;
            }

            if (scenario.Outbreak is not { } outbreak)
            {
                throw CliException.Usage($"--hosts is for outbreaks, and {scenario.Name} is none: try --scenario outbreak.");
            }

            return scenario with
            {
                Outbreak = outbreak with
                    { Hosts = hosts, Initial = Math.Min(outbreak.Initial, hosts), Addresses = Math.Max(outbreak.Addresses, hosts) },
            };
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
        var named = parsed.GetValue(Policy) is { Length: > 0 } words
            ? words.SelectMany(p => p.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()
                .ToList() : null;
        var limitText = parsed.GetValue(Limit);
        var limits = limitText is null ? scenario.Limits
            : LimitSweep.Parse(limitText)
                ?? throw CliException.Usage(
                    $"--limit {StrictValues.Shown(limitText)} is not allowed: give a whole number from 1 to {LimitSweep.Most}, a list "
                    + $"(10,50,100) or a sweep (10:400).");
        var giveUp = parsed.GetValue(GiveUp);
        var table = scenario.Name == "freeze" && named is null && limitText is null && !giveUp;
        var budget = ReadBudget(parsed) ?? scenario.NatBudget?.ToString(CultureInfo.InvariantCulture);
        var runs = (table ? FreezeTable : named ?? scenario.Policies)
            .Select(text => (Text: text, Request: ReadPolicy(text, giveUp, budget))).ToList();
        if (giveUp && !runs.Exists(r => r.Request.Policy.Row.Find(GiveUpOption) is not null))
        {
            throw CliException.Usage(
                $"--give-up is an option of the policy {Policies.WhoHas(GiveUpOption)}: add --policy {Policies.WhoHas(GiveUpOption)}.");
        }

        var requests = new List<RunRequest>();
        foreach (var (text, request) in runs)
        {
            var at = !request.Policy.Promises.Limited
                ? [null] : limits.Select(l => (int?)l).Take(table && text == FifoOnce ? 1 : limits.Count);
            foreach (var limit in at)
            {
                requests.AddRange(seeds.Select(seed => request with { Limit = limit, Seed = seed }));
            }
        }

        return requests;
    }

    /// <summary>
    /// What stands beside a policy's name wins over --give-up, --nat-budget and the scenario, which are for every
    /// policy that has the option.
    /// </summary>
    private RunRequest ReadPolicy(string text, bool giveUp, string? budget)
    {
        if (text == RunRequest.Idle)
        {
            return new RunRequest { Policy = new UnlimitedOptions(), WithoutLoad = true, Seed = 0 };
        }

        if (!Policies.TryParse(text, out var policy, out var problem))
        {
            throw CliException.Usage($"--policy: {problem}.");
        }

        Set(GiveUpOption, giveUp ? OptionText.Yes : null);
        Set(NatBudgetOption, budget);
        return new RunRequest { Policy = policy, Seed = 0 };

        void Set(string name, string? value)
        {
            var said = text.Split('+').Skip(1).Any(p => p == name || p.StartsWith(name + "=", StringComparison.Ordinal));
            if (value is not null && !said && policy.Row.Find(name) is { } option)
            {
                policy = option.Set(policy, value) ?? throw CliException.Usage($"--{name} {value} is not allowed; {option.Allowed} is.");
            }
        }
    }

    /// <summary>As the option's text; null: not given.</summary>
    private string? ReadBudget(ParseResult parsed) => parsed.GetValue(NatBudget) switch
    {
        null => null,
        0 => "none",
        var entries => entries.Value.ToString(CultureInfo.InvariantCulture),
    };

    private List<ulong> ReadSeeds(ParseResult parsed)
    {
        var (first, count) = (parsed.GetValue(Seed), parsed.GetValue(Seeds));
        if (first > ulong.MaxValue - (ulong)count)
        {
            throw CliException.Usage($"--seeds {count} from --seed {first} is not allowed: that goes beyond {ulong.MaxValue}.");
        }

        return [.. Enumerable.Range(0, count).Select(i => first + (ulong)i)];
    }

    private Scenario ReadFile(string name, string[] overrides)
    {
        if (!File.Exists(name))
        {
            throw CliException.Usage(Directory.Exists(name)
                ? $"{name} is a folder, and a scenario is a JSON file."
                : $"there is no scenario {StrictValues.Shown(name)}{Resemblance.Hint(name, ShippedScenarios.Names)}, neither shipped "
                    + $"({string.Join(", ", ShippedScenarios.Names)}) nor as a file.");
        }

        using var stream = File.OpenRead(name);
        var bytes = new byte[ScenarioReader.MaxBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > ScenarioReader.MaxBytes
            ? throw CliException.Usage($"{name} is longer than {ScenarioReader.MaxBytes} bytes: that is no scenario.")
            : ScenarioReader.Read(bytes.AsSpan(0, length), name, overrides, Policies);
    }
}
