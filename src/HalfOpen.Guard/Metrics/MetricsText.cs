using System.Globalization;
using System.Text;
using HalfOpen.Core;
using HalfOpen.Hosting;

namespace HalfOpen.Guard.Metrics;

/// <summary>
/// A status in Prometheus' text format 0.0.4. Pure. Cardinality is bounded: at most <see cref="MaxPrograms"/> programs
/// and as many owners, the rest of each in one series named <c>other</c>.
/// </summary>
public static class MetricsText
{
    /// <summary>Of the HTTP response.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Programs with a series of their own; owners likewise.</summary>
    public const int MaxPrograms = 20;

    /// <summary>Longest label value in characters; longer ones are cut.</summary>
    public const int MaxLabel = 256;

    public static string Write(GuardStatus status)
    {
        var text = new StringBuilder(4096);
        Gauge("halfopen_limit", "Slots.", status.Limit);
        Gauge("halfopen_half_open", "Attempts that are out and not answered, whether they take a slot or not.", status.HalfOpen);
        Gauge("halfopen_counted", "Attempts that take a slot.", status.Counted);
        Gauge("halfopen_waiting", "Attempts whose SYN is held: the backlog.", status.Waiting);
        Gauge("halfopen_in_flight", "Old name of halfopen_half_open; goes after this version.", status.HalfOpen);
        Gauge("halfopen_queued", "Old name of halfopen_waiting; goes after this version.", status.Waiting);
        Counter("halfopen_attempts_total", "Attempts seen.", status.Totals.Submitted);
        Counter("halfopen_started_total", "Attempts let out.", status.Totals.Started);
        Counter("halfopen_rejected_total", "Attempts rejected or expired.", status.Totals.Rejected);
        Head("halfopen_outcomes_total", "Attempts that ended, by how.", "counter");
        foreach (var (name, value) in Outcomes(status.Totals))
        {
            Sample("halfopen_outcomes_total", "outcome", name, value);
        }

        Counter("halfopen_limit_warnings_total", "Times that the limit was reached while something waited.", status.LimitWarnings);
        Head("halfopen_dropped_packets_total", "Packets that the kernel or the guard dropped, by where.", "counter");
        Sample("halfopen_dropped_packets_total", "where", "queue_full", status.Counters.QueueDropped);
        Sample("halfopen_dropped_packets_total", "where", "socket_buffer", status.Counters.UserDropped);
        Sample("halfopen_dropped_packets_total", "where", "closed_while_held", status.Counters.ClosedWhileHeld);
        Sample("halfopen_dropped_packets_total", "where", "forwarded_copy", status.Counters.CopiesDropped);
        Counter("halfopen_syns_total", "SYNs that came out of the packet queue.", status.Counters.Syns);
        Counter("halfopen_passed_over_limit_total", "SYNs let out over the limit at the hold cap or because too many were held.",
            status.Counters.Passed);
        Counter("halfopen_refused_total", "Attempts refused at the hold cap or because too many were held.", status.Counters.Refused);
        Counter("halfopen_retransmissions_total", "Retransmissions passed.", status.Counters.Retransmissions);
        Counter("halfopen_given_up_total", "Silent attempts given up.", status.Counters.GivenUp);
        Counter("halfopen_adopted_total", "Attempts that were half-open before the guard came.", status.Counters.Adopted);
        Counter("halfopen_exempt_total", "Exempt attempts that the guard saw.", status.Counters.Exempt);
        Counter("halfopen_without_socket_total", "SYNs of this machine that no TCP socket sent: passed.", status.Counters.WithoutSocket);
        Counter("halfopen_answered_here_total", "Attempts that a transparent proxy on this machine answered.",
            status.Counters.AnsweredHere);
        Counter("halfopen_held_again_total", "Local SYNs that came again although held, and are held in their own place.",
            status.Counters.HeldAgain);
        Counter("halfopen_lost_total", "Held SYNs that the kernel had lost when their turn came.", status.Counters.Lost);
        Counter("halfopen_multipath_passed_total", "MPTCP SYNs let out over the limit, so that the kernel does not switch MPTCP off.",
            status.Counters.MultipathPassed);
        Counter("halfopen_events_lost_total", "Starts and ends of attempts that the kernel could not tell, too many at once.",
            status.Counters.EventsLost);
        Counter("halfopen_malformed_total", "Packets that were no whole TCP SYN.", status.Counters.Malformed);
        Counter("halfopen_reconciliations_total", "Comparisons with the kernel's list of half-open sockets.", status.Reconciliation.Runs);
        Counter("halfopen_recovered_slots_total", "Slots whose socket had gone unseen.", status.Reconciliation.SlotsRecovered);
        Head("halfopen_outcome_source_info", "Where outcomes come from, and what is missing there.", "gauge");
        text.Append(
            $"halfopen_outcome_source_info{{source=\"{Escape(status.OutcomeSource)}\","
            + $"problem=\"{Escape(Cut(status.OutcomeProblem))}\"}} 1\n");
        Gauge("halfopen_rules_in_place", "1: the guard's rules are in the packet filter. 0: connections pass without a limit.",
            status.Rules.InPlace ? 1 : 0);
        Counter("halfopen_rules_put_back_total", "Times that somebody had removed or changed the guard's rules and they were put back.",
            status.Rules.PutBack);
        Gauge("halfopen_lease_in_use", "1: the kernel gives out slots by itself while they are plenty. 0: each SYN is asked for.",
            status.Lease.InUse ? 1 : 0);
        Counter("halfopen_lease_started_total", "Attempts that started on a slot that the kernel gave out.", status.Lease.Started);
        Gauge("halfopen_unseen", "Half-open sockets that are not exempt and that the guard has not seen.", status.Reconciliation.Unseen);
        Durations("halfopen_wait_seconds", "How long attempts waited for their slot.", status.Waits);
        Durations("halfopen_hold_seconds", "From the start of an attempt to its outcome.", status.Holds);
        Owners();
        Programs();
        return text.ToString();

        void Gauge(string name, string help, long value) => Single(name, help, "gauge", value);

        void Counter(string name, string help, long value) => Single(name, help, "counter", value);

        void Single(string name, string help, string type, long value)
        {
            Head(name, help, type);
            text.Append(name).Append(' ').Append(value).Append('\n');
        }

        void Head(string name, string help, string type) => text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

        void Sample(string name, string label, string value, long number) =>
            text.Append($"{name}{{{label}=\"{Escape(value)}\"}} {number}\n");

        void Durations(string name, string help, DurationSummary summary)
        {
            Head(name, help, "summary");
            text.Append(
                $"{name}{{quantile=\"0.5\"}} {Seconds(summary.P50Ms)}\n{name}{{quantile=\"0.99\"}} "
                + $"{Seconds(summary.P99Ms)}\n{name}{{quantile=\"1\"}} {Seconds(summary.MaxMs)}\n{name}_count {summary.Count}\n");
        }

        void Owners()
        {
            Each("halfopen_owner_half_open", "Attempts out and not answered, by owner.", o => o.HalfOpen);
            Each("halfopen_owner_counted", "Slots held, by owner.", o => o.Counted);
            Each("halfopen_owner_waiting", "Attempts held, by owner.", o => o.Waiting);
            Gauge("halfopen_owners", "Owners whose programs hold a slot or wait.", status.Owners.Count + (long)status.OtherOwners);

            void Each(string name, string help, Func<OwnerStatus, long> value)
            {
                Head(name, help, "gauge");
                Series(name, status.Owners, o => $"owner=\"{Escape(Cut(o.Name))}\"", "owner=\"other\"", value);
            }
        }

        // Two whose names are the same once cut and cleaned must not make one series twice.
        void Series<T>(string name, IReadOnlyList<T> all, Func<T, string> label, string other, Func<T, long> value)
        {
            var used = new HashSet<string>(StringComparer.Ordinal) { other };
            var rest = 0L;
            for (var i = 0; i < all.Count; i++)
            {
                if (i < MaxPrograms && used.Add(label(all[i])))
                {
                    text.Append($"{name}{{{label(all[i])}}} {value(all[i])}\n");
                }
                else
                {
                    rest += value(all[i]);
                }
            }

            text.Append($"{name}{{{other}}} {rest}\n");
        }

        void Programs()
        {
            Each("halfopen_program_half_open", "Attempts out and not answered, by program.", p => p.HalfOpen);
            Each("halfopen_program_counted", "Slots held, by program.", p => p.Counted);
            Each("halfopen_program_waiting", "Attempts held, by program.", p => p.Waiting);
            Each("halfopen_program_in_flight", "Old name of halfopen_program_counted, whose value it had; goes after this version.",
                p => p.Counted);
            Each("halfopen_program_queued", "Old name of halfopen_program_waiting; goes after this version.", p => p.Waiting);
            Gauge("halfopen_programs", "Programs that hold a slot or wait.", status.Programs.Count + (long)status.OtherPrograms);

            void Each(string name, string help, Func<ProgramStatus, long> value)
            {
                Head(name, help, "gauge");
                Series(name, status.Programs, Label, "program=\"other\"", value);
            }
        }
    }

    /// <summary>
    /// As the format wants a label value: backslash and quote escaped. What could command the terminal of whoever looks
    /// at it (see <see cref="PlainText"/>) is not let through, line feeds included.
    /// </summary>
    internal static string Escape(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        foreach (var rune in PlainText.Of(value).EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => text.Append("\\\\"),
                '"' => text.Append("\\\""),
                _ => text.Append(rune.ToString()),
            };
        }

        return text.ToString();
    }

    /// <summary>Without an owner as it always was: to Prometheus an empty label is none.</summary>
    private static string Label(ProgramStatus program) => (program.Owner.Length > 0 ? $"owner=\"{Escape(Cut(program.Owner))}\"," : "")
        + $"program=\"{Escape(Cut(program.Name))}\"";

    private static string Cut(string name) => PlainText.Of(name.Length <= MaxLabel ? name : name[..MaxLabel]);

    private static string Seconds(double milliseconds) => (milliseconds / 1000).ToString("0.######", CultureInfo.InvariantCulture);

    private static IEnumerable<(string, long)> Outcomes(OutcomeTotals totals) =>
    [
        ("established", totals.Established), ("refused", totals.Refused), ("reset", totals.Reset),
        ("timed_out", totals.TimedOut), ("unreachable", totals.Unreachable), ("cancelled", totals.Cancelled),
    ];
}
