using HalfOpen.Cli.CommandLine;
using HalfOpen.Guard;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Guard;

/// <summary>A status for people.</summary>
internal static class StatusPrinter
{
    private const int NameWidth = 40;

    public static void Print(Terminal terminal, GuardStatus status, DateTimeOffset now)
    {
        var o = terminal.Out;
        o.WriteLine(
            $"{terminal.Bold("Guarding")} for {Age(now - status.Since)}: policy {Clean(status.Policy)}, limit {status.Limit}, "
            + $"outcomes from {Clean(status.OutcomeSource)}");
        if (status.OutcomeProblem.Length > 0)
        {
            o.WriteLine(terminal.Warn("less is known") + $": {Clean(status.OutcomeProblem)}");
        }

        var slots = $"{status.Counted} of {status.Limit} slots taken";
        o.WriteLine(
            $"{(status.Counted >= status.Limit ? terminal.Warn(slots) : terminal.Good(slots))}, {status.HalfOpen} half-open in all, "
            + $"{status.Waiting} waiting");
        if (status.Programs.Count > 0)
        {
            o.WriteLine();
            PrintPrograms(terminal, status);
        }

        var t = status.Totals;
        var c = status.Counters;
        o.WriteLine();
        o.WriteLine(
            $"attempts {t.Submitted:#,0}, started {t.Started:#,0}: {t.Established:#,0} established, {t.Refused:#,0} refused, "
            + $"{t.Reset:#,0} reset, {t.TimedOut:#,0} timed out, {t.Unreachable:#,0} unreachable, {t.Cancelled:#,0} cancelled; "
            + $"rejected {t.Rejected:#,0}");
        o.WriteLine(
            $"waits    p50 {status.Waits.P50Ms:0.#} ms, p99 {status.Waits.P99Ms:0.#} ms, longest {status.Waits.MaxMs:0.#} ms; the "
            + $"limit was reached {status.LimitWarnings:#,0} times while something waited");
        o.WriteLine(
            $"packets  {c.Syns:#,0} SYNs, {c.Retransmissions:#,0} retransmissions; over the limit {c.Passed:#,0} passed, "
            + $"{c.Refused:#,0} refused; lost {c.QueueDropped:#,0} to a full queue, {c.UserDropped:#,0} to a full buffer"
            + (c.EventsLost > 0 ? $", and {c.EventsLost:#,0} events" : ""));
        var rules = status.Rules;
        if (!rules.InPlace)
        {
            o.WriteLine(terminal.Warn(rules.GaveWay
                ? "NO LIMIT: somebody removed the guard's rules again and again, and it has given way; restart it or let it reload"
                : "NO LIMIT: somebody removed the guard's rules, and they cannot be put back"));
        }

        o.WriteLine($"rules    in {Clean(rules.Where)}; put back {rules.PutBack:#,0} times");
        if (rules.Problem.Length > 0)
        {
            o.WriteLine(terminal.Warn("         not in nf_tables of its own") + $": {Clean(rules.Problem)}");
        }

        o.WriteLine(status.Lease.InUse
            ? $"lease    the kernel gives out slots by itself: {status.Lease.Free:#,0} free, {status.Lease.Out:#,0} out, "
            + $"{status.Lease.Started:#,0} attempts so far"
            : $"lease    none, each SYN is asked for: {Clean(status.Lease.Problem)}");
        var r = status.Reconciliation;
        o.WriteLine(
            r.Runs == 0
                ? "compared not yet with the kernel"
                    : $"compared {r.Runs:#,0} times with the kernel, {r.LastSecondsAgo:0.0} s ago: {r.SlotsRecovered:#,0} slots and "
                        + $"{r.HeldRecovered:#,0} held SYNs recovered");
    }

    /// <summary>Owners, each with its programs below it; programs alone where slots are shared between them.</summary>
    private static void PrintPrograms(Terminal terminal, GuardStatus status)
    {
        var o = terminal.Out;
        var title = status.Owners.Count > 0 ? "owner and program" : "program";
        o.WriteLine($"{title,-NameWidth} {"half-open",9} {"counted",8} {"waiting",8} {"since",8} {"started",10}  why it waits");
        var owners = status.Owners.ToDictionary(w => w.Name, StringComparer.Ordinal);
        foreach (var programs in status.Programs.GroupBy(p => p.Owner))
        {
            var indent = "";
            if (owners.TryGetValue(programs.Key, out var w))
            {
                indent = "  ";
                Line(w.Name, w.HalfOpen, w.Counted, w.Waiting, w.LongestWaitSeconds, w.Started, "");
            }

            var shown = 0;
            foreach (var p in programs)
            {
                shown++;
                Line(indent + p.Name, p.HalfOpen, p.Counted, p.Waiting, p.LongestWaitSeconds, p.Started, p.Reason);
            }

            if (w is not null && w.Programs > shown)
            {
                o.WriteLine($"{indent}and {w.Programs - shown:#,0} more programs");
            }
        }

        if (status.OtherOwners > 0)
        {
            o.WriteLine($"and {status.OtherOwners:#,0} more owners");
        }
        else if (owners.Count == 0 && status.OtherPrograms > 0)
        {
            o.WriteLine($"and {status.OtherPrograms:#,0} more");
        }

        void Line(string name, int halfOpen, int counted, int waiting, double since, long started, string reason) => o.WriteLine(
            $"{Name(name),-NameWidth} {halfOpen,9:#,0} {counted,8:#,0} {waiting,8:#,0} "
            + $"{(waiting > 0 ? $"{since:0.0} s" : "-"),8} {started,10:#,0}  {Clean(reason)}".TrimEnd());
    }

    private static string Name(string name) => Clean(name.Length <= NameWidth ? name : Shorter(name));

    /// <summary>The end says more than the beginning: a script, a unit.</summary>
    private static string Shorter(string name)
    {
        var start = name.StartsWith("  ", StringComparison.Ordinal) ? "  ..." : "...";
        return start + name[^(NameWidth - start.Length)..];
    }

    /// <summary>A program chooses its own name; it does not choose what our terminal does.</summary>
    private static string Clean(string text) => PlainText.Of(text);

    private static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => $"{age.TotalDays:0.0} days",
        { TotalHours: >= 2 } => $"{age.TotalHours:0.0} h",
        { TotalMinutes: >= 2 } => $"{age.TotalMinutes:0.0} min",
        _ => $"{Math.Max(0, age.TotalSeconds):0.0} s",
    };
}
