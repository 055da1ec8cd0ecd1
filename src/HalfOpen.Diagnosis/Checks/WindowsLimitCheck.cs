using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a Windows limits half-open connections, and whether the limit was reached.</summary>
internal static class WindowsLimitCheck
{
    private const string Subject = "Windows' limit on half-open connections";

    /// <summary>Event "TCP/IP has reached the security limit imposed on the number of concurrent TCP connect
    /// attempts".</summary>
    private const int LimitReached = 4226;

    /// <summary>Seconds of silence after the first event; doubled after each (8,192 ticks of 100 ms).</summary>
    private const double FirstSilence = 819.2;
    private const long StockLimit = 10;

    /// <summary>So many at one look are the limit of 10 at work, give or take those that end meanwhile.</summary>
    private const long NearLimit = 8;
    private const long OverLimit = 12;

    private static readonly Remedy[] RaiseIt =
    [
        new("raise the limit: shut that Windows down, mount its drive (or name its disk image), look first, then patch",
            "halfopen patch /mnt/xp --dry-run"),
        new("or lower the number of connections that the program opens at once, in its own settings (uTorrent: net.max_halfopen 8)"),
    ];

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Windows is not { } w)
        {
            return null;
        }

        var found = new List<Finding>();
        AddUnusable(w, found);
        AddReached(facts, w, found);
        AddUneven(w, found);
        AddRegistry(w, found);
        if (found.Count > 0)
        {
            return CheckResult.Found(Subject, found);
        }

        return facts.Source == FactsSource.NetstatText
            ? CheckResult.Fine(Subject, $"{Words.Count(facts.Peers.Sum(p => p.HalfOpen), "attempt is", "attempts are")} out, and the "
                + "limit, "
                + "where there is one, is 10")
            : Quiet(w);
    }

    private static CheckResult Quiet(WindowsFacts w)
    {
        var what = w.Limiter switch
        {
            WindowsLimiter.None => "this system has none",
            WindowsLimiter.InDriver when w.Enforced == false => "it stands in the driver, and a server does not enforce it",
            WindowsLimiter.InDriver when w.Copies.Count > 0 =>
                $"it is {Limits(w)} in {Words.Count(w.Copies.Count(c => c.Limit is not null), "copy", "copies")} of the driver",
            WindowsLimiter.InSignedDriver => "this system has one in a signed driver (10; Service Pack 2 turns it off)",
            WindowsLimiter.InRegistry => "off, as the registry says",
            WindowsLimiter.OtherDesign => "another design, off unless switched on",
            _ => "the system is not known",
        };
        return w.Events is null ? CheckResult.Unseen(Subject, what + "; whether it was reached cannot be said without the System event log")
            : CheckResult.Fine(Subject, what + $", and the log has no event 4226 in it ({Span(w)})");
    }

    private static void AddUnusable(WindowsFacts w, List<Finding> found)
    {
        DriverCopyFacts[] bad = [.. w.Copies.Where(c => !c.Usable)];
        if (bad.Length > 0 && w.Enforced != false)
        {
            found.Add(new Finding(FindingKinds.WindowsLimitUnusable,
                $"The limit in the driver was set to a number that Windows takes for less than nothing ({bad[0].Limit:N0}): every new "
                + "connection waits for ever. Some patch went wrong.",
                Confidence.Measured, 96, [.. bad.Select(c => new EvidenceLine($"{c.Path}: {c.Limit:N0}", "halfopen inspect PATH"))],
                [new("set a usable one", "halfopen patch /mnt/xp --limit 100")], "Nothing else has to be wrong for that."));
        }
    }

    private static void AddReached(MachineFacts facts, WindowsFacts w, List<Finding> found)
    {
        NetworkEventFacts[] events = [.. (w.Events ?? []).Where(e => e.Id == LimitReached).OrderBy(e => e.TimeUtc)];
        var halfOpen = facts.Peers.Sum(p => p.HalfOpen);
        var sockets = w.Limiter is WindowsLimiter.Unknown ? halfOpen is >= NearLimit and <= OverLimit
            : w.Limiter is WindowsLimiter.InDriver or WindowsLimiter.InSignedDriver && w.Enforced != false && halfOpen >= NearLimit;
        if (events.Length == 0 && !sockets)
        {
            return;
        }

        var biggest = ProgramPicture.Of(facts).MaxBy(p => p.HalfOpen);
        var who = sockets && biggest is not null
            ? $" {biggest.Name} holds {biggest.HalfOpen:N0} of the {halfOpen:N0} attempts that are out." : "";
        var evidence = new List<EvidenceLine>();
        if (events.Length > 0)
        {
            evidence.Add(new($"{Words.Count(events.Length, "event")} 4226 of Tcpip: the first {events[0].TimeUtc:yyyy-MM-dd HH:mm}, the "
                + "last "
                + $"{events[^1].TimeUtc:yyyy-MM-dd HH:mm} (UTC), in a log of {Span(w)}", "eventvwr: System, source Tcpip, event 4226"));
            evidence.Add(new("few events do not mean few waiting attempts: after each the log is silent for 819 s, 1,638 s, 3,277 s and so "
                + $"on, twice as long each time until Windows is started again{Gaps(events)}"));
        }

        if (sockets)
        {
            evidence.Add(new($"{halfOpen:N0} connections in SYN-SENT; the limit is {StockLimit}", "netstat -no"));
        }

        if (w.Copies.Count > 0)
        {
            evidence.Add(new($"the limit in the driver is {Limits(w)} now", "halfopen inspect PATH"));
        }

        var isKnown = events.Length > 0 || w.Limiter != WindowsLimiter.Unknown;
        var system = w.System.Length > 0 ? w.System : "Windows XP Service Pack 2 and its relatives";
        found.Add(new Finding(FindingKinds.WindowsLimitReached,
            (isKnown ? $"{system} reached its limit on unanswered connection attempts"
                : $"If this is {system}, its limit of {StockLimit} unanswered connection attempts is reached")
            + ": while one program's dead peers hold them all, every other program waits for its connections." + who,
            events.Length > 0 ? Confidence.Measured : isKnown ? Confidence.Likely : Confidence.Inferred, isKnown ? 85 : 73, evidence,
                RaiseIt,
            "Which program it was is not in the log: 'netstat -no' while it happens shows who has many in SYN_SENT."));
    }

    private static void AddUneven(WindowsFacts w, List<Finding> found)
    {
        DriverCopyFacts[] copies = [.. w.Copies.Where(c => c.Limit is not null)];
        if (copies.Select(c => c.Limit).Distinct().Count() > 1 && w.Enforced != false)
        {
            found.Add(new Finding(FindingKinds.WindowsLimitUneven,
                $"The copies of the driver do not have the same limit ({Limits(w)}): Windows puts its own copy back over a patched one, "
                    + "and the "
                + "patch is gone after an update or a repair.",
                Confidence.Measured, 66, [.. copies.Select(c => new EvidenceLine($"{c.Path}: {c.Limit:N0}", "halfopen inspect PATH"))],
                [new("patch all copies in one go", "halfopen patch /mnt/xp")], "Which one is in use now is the one in system32/drivers."));
        }
    }

    private static void AddRegistry(WindowsFacts w, List<Finding> found)
    {
        if (w is { Limiter: WindowsLimiter.InRegistry, RateLimiting: 1 })
        {
            found.Add(new Finding(FindingKinds.WindowsRegistryLimit,
                $"{(w.System.Length > 0 ? w.System : "This Windows")} has no limit on unanswered attempts by itself, but its registry "
                    + "turns the old one of 10 on.",
                Confidence.Measured, 68,
                [new(@"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters: EnableConnectionRateLimiting = 1",
                    @"reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters /v EnableConnectionRateLimiting")],
                [new("delete the value on that Windows and start it again",
                    @"reg delete HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters /v EnableConnectionRateLimiting")],
                "Whether the limit was reached is in the event log, not in the registry."));
        }
    }

    /// <summary>Whether the gaps are those of a driver that had something to say each time it was allowed to.</summary>
    private static string Gaps(NetworkEventFacts[] events)
    {
        for (var i = 1; i < events.Length; i++)
        {
            var gap = (events[i].TimeUtc - events[i - 1].TimeUtc).TotalSeconds;
            for (var silence = FirstSilence; silence < gap * 1.2; silence *= 2)
            {
                if (gap >= silence - 1 && gap <= silence + 60)
                {
                    return $" (two of these are {gap:N0} s apart: it spoke as soon as it might, so attempts waited all the time)";
                }
            }
        }

        return "";
    }

    private static string Limits(WindowsFacts w) =>
        string.Join(" and ", w.Copies.Select(c => c.Limit).OfType<long>().Distinct().Order().Select(l => l.ToString("N0")));

    private static string Span(WindowsFacts w) => w is { LogFromUtc: { } from, LogToUtc: { } to }
        ? $"{from:yyyy-MM-dd} to {to:yyyy-MM-dd}{(w.LogDamaged ? ", parts of it damaged" : "")}" : "no records";
}
