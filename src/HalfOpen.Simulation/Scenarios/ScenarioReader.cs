using System.Text;
using HalfOpen.Core;

namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// Reads a scenario from JSON (comments and trailing commas are welcome) and checks every field. Whatever the bytes,
/// the outcome is a scenario that can be run or a <see cref="ScenarioException"/> of one line.
/// </summary>
public static class ScenarioReader
{
    /// <summary>The longest scenario file read, 1 MiB: a scenario is a page of text.</summary>
    public const int MaxBytes = 1 << 20;

    internal const int MaxExactHosts = 20_000;

    private const double Day = 86_400;

    internal static readonly Dictionary<string, ProgramKind> Kinds = new()
    {
        ["swarm"] = ProgramKind.Swarm,
        ["browser"] = ProgramKind.Browser,
        ["innocent"] = ProgramKind.Innocent,
        ["keep-open"] = ProgramKind.KeepOpen,
        ["crawler"] = ProgramKind.Crawler,
        ["worm"] = ProgramKind.Worm,
    };

    private static readonly Dictionary<string,
        StackSystem> Systems = new() { ["windows"] = StackSystem.Windows, ["linux"] = StackSystem.Linux };

    public static Scenario Read(string json, string file, IReadOnlyList<string>? overrides = null, PolicyTable? policies = null) =>
        Read(Encoding.UTF8.GetBytes(json), file, overrides, policies);

    /// <param name="utf8">The file's bytes.</param>
    /// <param name="file">How messages call the file.</param>
    /// <param name="overrides">PATH=VALUE texts that replace values of the file, such as swarm.concurrent=1000.</param>
    /// <param name="policies">The policies that a scenario may name; null: those that come with Halfopen.</param>
    public static Scenario Read(ReadOnlySpan<byte> utf8, string file, IReadOnlyList<string>? overrides = null, PolicyTable? policies = null)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new ScenarioException($"{file}: {utf8.Length} bytes is too long for a scenario; at most {MaxBytes}.");
        }

        var tree = JsonNode.Parse(utf8, file);
        foreach (var text in overrides ?? [])
        {
            ScenarioOverride.Apply(tree, text);
        }

        var root = new FieldReader(tree, file, "");
        _ = root.Text("$schema", 200, "none");
        var scenario = new Scenario
        {
            Name = root.Text("name", 40, Path.GetFileNameWithoutExtension(file) is { Length: > 0 and <= 40 } stem ? stem : "scenario"),
            Title = root.Text("title", 400, "-"),
            DurationSeconds = root.Number("durationSeconds", 1, 365 * Day, 600),
            Stack = ReadStack(root.Object("stack")),
            Loss = root.Number("loss", 0, 1, 0),
            Nat = ReadNat(root.Object("nat")),
            NatBudget = root.Integer("natBudget", 2, 1_000_000, 0) is > 0 and var budget ? budget : null,
            Limits = root.Integers("limits", 1, 1_000_000, 32, [10, 100]),
            Policies = root.Words("policies",
                text => (policies ?? PolicyTable.Shipped).TryParse(text, out _, out var problem) ? null : problem, ["windows-xp", "fair"]),
            Outbreak = ReadOutbreak(root.Object("outbreak")),
            Programs = [.. root.Objects("programs", 1000).Select(ReadProgram)],
            Faults = [.. root.Objects("faults", 1000).Select(ReadFault).OrderBy(f => f.At)],
        };
        root.Finish();
        if (scenario.Outbreak is null == (scenario.Programs.Count == 0))
        {
            throw root.Wrong("programs", "a scenario has either programs (one machine) or an outbreak (a population), and not both.");
        }

        if (scenario.Outbreak is not null && scenario.Faults.Count > 0)
        {
            throw root.Wrong("faults", "an outbreak has no faults.");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var program in scenario.Programs)
        {
            if (!names.Add(program.Name))
            {
                throw root.Wrong("programs",
                    $"two programs are called \"{JsonNode.Printable(program.Name)}\"; use count to run several of one kind.");
            }
        }

        foreach (var fault in scenario.Faults.Where(f => f.Kind == FaultKind.Silence))
        {
            if (!scenario.Programs.Any(p => p.Name == fault.Program && p.Pool > 0))
            {
                throw root.Wrong("faults",
                    $"\"{JsonNode.Printable(fault.Program)}\" is no program with a pool of hosts that could fall silent.");
            }
        }

        return scenario;
    }

    private static StackSpec ReadStack(FieldReader? o)
    {
        if (o is null)
        {
            return new StackSpec();
        }

        var stack = new StackSpec
        {
            System = o.OneOf("system", Systems, StackSystem.Windows),
            RefusedRetries = o.Integer("refusedRetries", 0, 10, 0),
            GiveUpSeconds = o.Number("giveUpSeconds", 0, 3600, 0),
        };
        o.Finish();
        return stack;
    }

    private static NatSpec? ReadNat(FieldReader? o)
    {
        if (o is null)
        {
            return null;
        }

        var nat = new NatSpec
        {
            Capacity = o.Integer("capacity", 1, 1_000_000, 65_536),
            SynSentSeconds = o.Number("synSentSeconds", 1, 3600, 120),
            Renew = o.Flag("renew", false),
            ClosingSeconds = o.Number("closingSeconds", 0, 3600, 10),
        };
        o.Finish();
        return nat;
    }

    private static OutbreakSpec? ReadOutbreak(FieldReader? o)
    {
        if (o is null)
        {
            return null;
        }

        var outbreak = new OutbreakSpec
        {
            Hosts = o.Integer("hosts", 2, 10_000_000, 100_000),
            Addresses = o.Long("addresses", 2, 1L << 40, 1L << 32),
            Initial = o.Integer("initial", 1, 1_000_000, 10),
            ScanPerSecond = o.Number("scanPerSecond", 0.01, 100_000, 200),
            MaxOutstanding = o.Integer("maxOutstanding", 1, 1_000_000, 5_000),
            Exact = o.Flag("exact", false),
            InfectSeconds = o.Number("infectSeconds", 0, 3600, 1),
            StopAtShare = o.Number("stopAtShare", 0.01, 1, 0.95),
        };
        o.Finish();
        if (outbreak.Addresses < outbreak.Hosts)
        {
            throw o.Wrong("addresses", "there must be at least as many addresses as hosts.");
        }

        if (outbreak.Exact && outbreak.Hosts > MaxExactHosts)
        {
            throw o.Wrong("exact", $"an engine for each machine is for at most {MaxExactHosts} hosts; leave exact out for more.");
        }

        if (outbreak.Initial > outbreak.Hosts)
        {
            throw o.Wrong("initial", "no more hosts can be infected at the start than there are.");
        }

        return outbreak;
    }

    private static ProgramSpec ReadProgram(FieldReader o)
    {
        var kind = o.OneOf<ProgramKind>("kind", Kinds, null);
        var d = ProgramDefaults.Of(kind);
        var name = o.Text("name", 40, d.Name);
        var rated = o.Has("ratePerSecond");
        var counted = o.Has("concurrent");
        var mixed = o.Has("silent") || o.Has("refused") || o.Has("slow");
        var ports = o.Range("ports", 1, 65_535, new Span(d.PortFrom, d.PortTo));
        var spec = new ProgramSpec
        {
            Name = name,
            Kind = kind,
            Key = o.Text("key", 40, name),
            Owner = o.Text("owner", 40, "") is { Length: > 0 } owner ? owner : null,
            Count = o.Integer("count", 1, 100_000, 1),
            StartSeconds = o.Number("startSeconds", 0, 365 * Day, d.StartSeconds),
            Priority = o.Integer("priority", 0, AttemptRequest.MaxPriority, 0),
            Concurrent = o.Integer("concurrent", 1, 2_000_000, rated ? 0 : d.Concurrent),
            RatePerSecond = o.Number("ratePerSecond", 0.001, 100_000, counted ? 0 : d.RatePerSecond),
            MaxOutstanding = o.Integer("maxOutstanding", 1, int.MaxValue, d.MaxOutstanding),
            Silent = o.Number("silent", 0, 1, mixed ? 0 : d.Silent),
            Refused = o.Number("refused", 0, 1, mixed ? 0 : d.Refused),
            Slow = o.Number("slow", 0, 1, mixed ? 0 : d.Slow),
            AnswerSeconds = o.Range("answerSeconds", 0, 1000, d.AnswerSeconds),
            SlowSeconds = o.Range("slowSeconds", 0, 1000, d.SlowSeconds),
            OpenSeconds = o.Number("openSeconds", 0, 30 * Day, d.OpenSeconds),
            PortFrom = (int)ports.From,
            PortTo = (int)ports.To,
            DeadlineSeconds = o.Number("deadlineSeconds", 0, Day, d.DeadlineSeconds),
            TimeoutSeconds = o.Number("timeoutSeconds", 0, Day, d.TimeoutSeconds),
            PerHost = o.Integer("perHost", 1, 1000, d.PerHost),
            Pool = o.Integer("pool", 0, 1_000_000, d.Pool),
            Hosts = o.Integer("hosts", 1, 1000, d.Hosts),
            PauseSeconds = o.Number("pauseSeconds", 0, Day, d.PauseSeconds),
        };
        o.Finish();
        if (rated && counted)
        {
            throw o.Wrong("concurrent", "a program has either concurrent or ratePerSecond, and not both.");
        }

        if (spec.Silent + spec.Refused + spec.Slow > 1 + 1e-9)
        {
            throw o.Wrong("silent",
                $"silent + refused + slow is {spec.Silent + spec.Refused + spec.Slow}; at most 1 is allowed, and the rest answers.");
        }

        if ((long)spec.Count * Math.Max(1, spec.Concurrent) > 4_000_000)
        {
            throw o.Wrong("count", "count x concurrent is at most 4000000.");
        }

        return spec;
    }

    private static FaultSpec ReadFault(FieldReader o)
    {
        var at = o.Number("at", 0, 365 * Day, 0);
        var seconds = o.Number("seconds", 0, 365 * Day, 0);
        var limit = o.Integer("limit", 1, 1_000_000, 0);
        var loss = o.Number("loss", 0, 1, 0);
        var outage = o.Flag("outage", false);
        var restart = o.Flag("restart", false);
        var silence = o.Text("silence", 40, "");
        o.Finish();
        var what = (o.Has("limit") ? 1 : 0) + (o.Has("loss") ? 1 : 0) + (outage ? 1 : 0) + (restart ? 1 : 0) + (silence.Length > 0 ? 1 : 0);
        if (what != 1)
        {
            throw o.Wrong("at",
                "a fault is one of: \"limit\": N, \"loss\": P with \"seconds\", \"outage\": true with \"seconds\", \"restart\": true, "
                + "\"silence\": PROGRAM.");
        }

        var kind = o.Has("limit")
            ? FaultKind.Limit : o.Has("loss")
            ? FaultKind.Loss : outage ? FaultKind.Outage : restart ? FaultKind.Restart : FaultKind.Silence;
        if (kind is FaultKind.Loss or FaultKind.Outage && seconds <= 0)
        {
            throw o.Wrong("seconds", "this fault needs seconds above 0: how long it lasts.");
        }

        return new FaultSpec { Kind = kind, At = at, Seconds = seconds, Limit = limit, Loss = loss, Program = silence };
    }
}
