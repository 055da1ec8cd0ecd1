namespace HalfOpen.Xp.Network;

/// <summary>One entry of the System log, as far as it matters here. Immutable.</summary>
internal sealed class LogEntry
{
    public LogEntry(string source, long id, DateTime timeUtc)
    {
        Source = source;
        Id = id;
        TimeUtc = timeUtc;
    }

    public string Source { get; }

    /// <summary>As logged: the upper 16 bits hold severity and facility.</summary>
    public long Id { get; }

    public DateTime TimeUtc { get; }
}

/// <summary>
/// What the System log says about the limit: event 4226 of source Tcpip, which the driver logs when an attempt is
/// queued, at first at once and then ever more rarely (its pause begins with 819 s and doubles with every event).
/// Immutable.
/// </summary>
internal sealed class LimitEvents
{
    /// <summary>More are not read: on a slow machine that takes seconds.</summary>
    public const int MaxEntries = 20_000;

    private const int LimitReached = 4226;

    /// <summary>The event log service has started: shortly after the drivers.</summary>
    private const int LogStarted = 6005;

    private LimitEvents()
    {
    }

    /// <summary>
    /// How many there are since the start of Windows, or in the whole log where its start is not in it.
    /// </summary>
    public int SinceStart { get; private set; }

    public int InAll { get; private set; }

    public DateTime? LastUtc { get; private set; }

    /// <summary>When Windows was last started; null where the log does not reach back so far.</summary>
    public DateTime? StartedUtc { get; private set; }

    public int Entries { get; private set; }

    /// <summary>Reads at most <see cref="MaxEntries"/>.</summary>
    /// <param name="newestFirst">A broken clock may have disturbed their times; their order counts.</param>
    public static LimitEvents Read(IEnumerable<LogEntry> newestFirst)
    {
        var events = new LimitEvents();
        foreach (var entry in newestFirst)
        {
            var id = entry.Id & 0xFFFF;
            if (id == LimitReached && string.Equals(entry.Source, "Tcpip", StringComparison.OrdinalIgnoreCase))
            {
                events.InAll++;
                events.SinceStart += events.StartedUtc == null ? 1 : 0;
                events.LastUtc ??= entry.TimeUtc;
            }
            else if (id == LogStarted && events.StartedUtc == null
                && string.Equals(entry.Source, "EventLog", StringComparison.OrdinalIgnoreCase))
            {
                events.StartedUtc = entry.TimeUtc;
            }

            if (++events.Entries >= MaxEntries)
            {
                break;
            }
        }

        return events;
    }
}
