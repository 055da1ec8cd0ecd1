using HalfOpen.Core;
using HalfOpen.Linux;

namespace HalfOpen.Guard.Service;

/// <summary>
/// One thing that can be set, by <c>--name value</c> or by <c>name = value</c> in the configuration file.
/// </summary>
/// <param name="Name">As written in both places.</param>
/// <param name="ValueName">What stands for the value in a help text; empty: a switch, whose value in a file is yes or
/// no.</param>
/// <param name="Allowed">What may be given, with its unit; part of every error about it.</param>
/// <param name="Description">What it does, and its default.</param>
/// <param name="Apply">Settings with the value in them, or null when the value is not allowed.</param>
public sealed record Setting(string Name, string ValueName, string Allowed, string Description, Func<GuardSettings, string,
    GuardSettings?> Apply)
{
    /// <summary>On or off.</summary>
    public bool IsSwitch => ValueName.Length == 0;

    /// <summary>May be given more than once.</summary>
    public bool Repeats { get; init; }

    /// <summary>
    /// What is wrong with a value that is not allowed, one sentence without a full stop, where <see cref="Allowed"/>
    /// alone would not say it; or null.
    /// </summary>
    public Func<string, string?> Why { get; init; } = _ => null;

    /// <summary>The error about a value that is not allowed.</summary>
    /// <param name="written">The setting and its value as the user wrote them.</param>
    /// <param name="value">The value alone.</param>
    public string Refusal(string written, string value) =>
        Why(value) is { } why ? $"{written}: {why}"
            : $"{written}: give {Allowed}{(Repeats ? "" : Resemblance.Hint(value, Words))}";

    /// <summary>The words that can be given, for completions; empty: anything else.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>A value to show in the configuration file that is shipped.</summary>
    public string? Example { get; init; }
}

/// <summary>
/// Everything that can be set, once: the command line, the file, its errors and the documentation all come from here.
/// Immutable, thread-safe.
/// </summary>
public sealed class SettingTable
{
    private static readonly TimeSpan ShortestDuration = TimeSpan.FromMilliseconds(1);

    /// <param name="policies">The policies that can be named; their options are settings too, but for those that are
    /// only for measuring.</param>
    public SettingTable(PolicyTable policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        All = [.. Settings(policies)];
    }

    /// <summary>With the policies that come with Halfopen.</summary>
    public static SettingTable Shipped { get; } = new(PolicyTable.Shipped);

    /// <summary>In the order in which help texts list them.</summary>
    public IReadOnlyList<Setting> All { get; }

    private static IEnumerable<Setting> Settings(PolicyTable policies) =>
    [
        Number("limit", "1 to 1000000", "Slots: half-open attempts that may be out at once. Default 100.", (o, n) => o with { Limit = n },
            1, 1_000_000),
        new("policy", "NAME", OptionText.AnyOf(policies.Names),
            $"Who gets the next slot. {string.Join("; ", policies.Rows.Select(r => $"{r} {r.Help}"))}. Default {policies.Default}.",
            (s, v) => policies.Find(v) is { } row ? s.WithPolicy(row) : null) { Example = policies.Default.Name, Words = policies.Names },
        .. policies.Options.Where(o => !o.ForMeasuring).Select(o => OptionOf(policies, o)),
        new("share-by", "WHOM", "owner or program",
            "Between whom slots are shared: first between owners (users, containers, forwarded hosts) and then between the programs of "
                + "each, or between all programs alike. Default owner. For policy fair.",
            (s, v) => v switch
            {
                "owner" => Set(s, o => o with { ShareBy = ShareBy.Owner }),
                "program" => Set(s, o => o with { ShareBy = ShareBy.Program }),
                _ => null,
            })
            { Words = ["owner", "program"], Example = "owner" },
        Switch("router", "Govern forwarded traffic too: a program is then a source address. Default no. Needs a restart.",
            (o, on) => o with { Router = on }),
        Switch("containers", "Govern what containers and virtual machines on this machine send. Default no. Needs a restart.",
            (o, on) => o with { Containers = on }),
        new("exempt", "KIND:VALUE", "user:NAME-OR-ID, cgroup:PATH, exe:PATH, to:ADDRESS[/BITS] or port:NUMBER",
            "Never hold or count these attempts. May be given many times.",
            (s, v) => Exempt(v) is { } e ? Set(s, o => o.Exemptions.Contains(e) ? o : o with { Exemptions = [.. o.Exemptions, e] }) : null)
                { Repeats = true, Why = WhyNotExempt, Words = [.. Exemption.Kinds] },
        Time("hold-cap", "How long one SYN is held at most. Default 60s: the kernel's own retries come at about 35 and 67 s.",
            (o, t) => o with { HoldCap = t }),
        End("hold-cap-action",
            "What happens at the hold cap: pass lets the SYN out over the limit, refuse aborts the connect. Default refuse.",
                (o, e) => o with { WhenHeldTooLong = e }),
        Number("max-held", "1 to 1000000", "SYNs held at once, all programs together. Default 65536 (about 80 MB of kernel memory).",
            (o, n) => o with { MaxHeld = n }, 1, 1_000_000),
        Number("max-held-per-program", "1 to 1000000",
            "SYNs held at once for one program; for one owner, half way between this and max-held. Default 32768.",
            (o, n) => o with { MaxHeldPerProgram = n }, 1, 1_000_000),
        End("when-full", "What happens to an attempt beyond max-held or max-held-per-program. Default refuse.",
            (o, e) => o with { WhenFull = e }),
        Switch("fail-closed", "No new connections while the guard is down. Default no: then they pass.",
            (o, on) => o with { FailClosed = on }),
        Switch("guard-loopback", "Govern connections of this machine to itself, too. Default no.",
            (o, on) => o with { GuardLoopback = on }),
        new("metrics", "ADDRESS:PORT", "a loopback address and a port, such as 127.0.0.1:9226",
            "Prometheus text at http://ADDRESS:PORT/metrics. Default: none.",
            (s, v) => AddressText.EndPoint(v) is { Port: > 0 } at ? s with { Metrics = at } : null),
        new("metrics-anywhere", "", "yes or no", "Let metrics listen where other machines can read it. Default no.",
            (s, v) => OptionText.ParseSwitch(v) is { } on ? s with { MetricsAnywhere = on } : null),
        Number("queue", "0 to 65535", "NFQUEUE number. Default 4226. Needs a restart.", (o, n) => o with { QueueNumber = (ushort)n }, 0,
            65_535),
        Number("log-group", "1 to 65535", "NFLOG group. Default 4226. Needs a restart.", (o, n) => o with { LogGroup = (ushort)n }, 1,
            65_535),
        new("outcomes", "SOURCE", "auto, bpf or nflog",
            "Where the guard learns how attempts end. Default auto: BPF where it can be had. Needs a restart.",
            (s, v) => Outcomes(v) is { } source ? Set(s, o => o with { Outcomes = source }) : null) { Words = ["auto", "bpf", "nflog"] },
        new("lease", "WHETHER", "yes or no",
            "Let the kernel give out slots by itself while they are plenty, where it can. Default yes. Needs a restart.",
            (s, v) => OptionText.ParseSwitch(v) is { } on ? Set(s, o => o with { Lease = on }) : null)
                { Words = ["yes", "no"], Example = "no" },
        Time("reconcile-every", "Time between comparisons with the kernel's list of half-open sockets. Default 3s.",
            (o, t) => o with { ReconcileEvery = t }),
        Time("forwarded-timeout", "A forwarded attempt that nobody answered gives its slot back after this time. Default 21s.",
            (o, t) => o with { ForwardedTimeout = t }),
        new("record", "FILE", "a file name", "Write every event to this file, for halfopen replay. Default: none. Needs a restart.",
            (s, v) => v.Length > 0 ? Set(s, o => o with { RecordFile = v }) : null),
    ];

    /// <summary>Finds a setting by its exact name; null when there is none.</summary>
    public Setting? Find(string name) => All.FirstOrDefault(s => s.Name == name);

    private static Setting OptionOf(PolicyTable policies, PolicyOption option)
    {
        var owner = policies.Rows.First(r => r.Find(option.Name) is not null);
        return new(option.Name, option.ValueName, option.Allowed, $"{option.Help} For policy {policies.WhoHas(option.Name)}.",
            (s, v) => option.Set(owner.Default, v) is null ? null : s.WithOption(new PolicySetting(owner, option, v)))
        { Example = option.Example ?? option.Get(owner.Default) };
    }

    private static GuardSettings Set(GuardSettings settings, Func<GuardOptions, GuardOptions> change) =>
        settings with { Options = change(settings.Options) };

    private static Setting Number(string name, string allowed, string description, Func<GuardOptions, int, GuardOptions> change, int least,
        int most) =>
        new(name, "N", allowed, description, (s, v) => NumberText.Int(v, least, most) is { } n
            ? Set(s, o => change(o, n)) : null);

    private static Setting Switch(string name, string description, Func<GuardOptions, bool, GuardOptions> change) =>
        new(name, "", "yes or no", description, (s, v) => OptionText.ParseSwitch(v) is { } on ? Set(s, o => change(o, on)) : null);

    private static Setting Time(string name, string description, Func<GuardOptions, TimeSpan, GuardOptions> change) =>
        new(name, "TIME", NumberText.DurationIs, description,
            (s, v) => NumberText.Duration(v) is { } time && time >= ShortestDuration ? Set(s, o => change(o, time)) : null);

    private static Setting End(string name, string description, Func<GuardOptions, HoldEnd, GuardOptions> change) =>
        new(name, "ACTION", "pass or refuse", description, (s, v) => v switch
        {
            "pass" => Set(s, o => change(o, HoldEnd.Pass)),
            "refuse" => Set(s, o => change(o, HoldEnd.Refuse)),
            _ => null,
        })
        { Words = ["pass", "refuse"] };

    private static OutcomeChoice? Outcomes(string value) => value switch
    {
        "auto" => OutcomeChoice.Automatic,
        "bpf" => OutcomeChoice.Bpf,
        "nflog" => OutcomeChoice.Nflog,
        _ => null,
    };

    private static Exemption? Exempt(string value)
    {
        if (value.StartsWith("user:", StringComparison.Ordinal) && value.Length > 5 && !char.IsAsciiDigit(value[5])
            && Accounts.UserId(value[5..]) is { } id)
        {
            value = "user:" + id;
        }

        return Exemption.TryParse(value, out var exemption, out _) ? exemption : null;
    }

    private static string? WhyNotExempt(string value) => Exemption.TryParse(value, out _, out var problem) ? null : problem;
}
