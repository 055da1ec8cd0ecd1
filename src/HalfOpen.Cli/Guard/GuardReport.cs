using System.Net;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Rules;
using HalfOpen.Guard.Service;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Guard;

/// <summary>
/// What a guard in the foreground tells: a live line on a terminal, lines in a log, or JSON, one object a line.
/// Thread-safe.
/// </summary>
internal sealed class GuardReport : IGuardReport
{
    private readonly Terminal _terminal;
    private readonly GuardLog _log;
    private readonly bool _json;
    private readonly bool _quiet;
    private readonly Lock _lock = new();
    private bool _lineIsDrawn;

    public GuardReport(Terminal terminal, GuardLog log, bool json, bool quiet)
    {
        (_terminal, _log, _json, _quiet) = (terminal, log, json, quiet);
        log.Before = ClearLine;
    }

    /// <inheritdoc/>
    public bool IsLive => !_json && !_quiet && _terminal.ErrorIsTerminal;

    /// <summary>Time between two live lines; an hour where there is none, so that an idle guard sleeps.</summary>
    public TimeSpan Every => IsLive ? TimeSpan.FromMilliseconds(500) : TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public string Ready(GuardOptions options, GuardRules rules, GuardStatus status, IPEndPoint? metrics)
    {
        var text = $"limit {options.Limit}, policy {options.Policy.Name}, rules in {rules.Where}, outcomes from {status.OutcomeSource}"
            + (options.Router ? ", forwarded traffic too" : options.Containers ? ", containers too" : "")
            + (options.FailClosed ? ", fail-closed" : "")
            + (metrics is null ? "" : $", metrics at http://{metrics}/metrics");
        if (_json)
        {
            Json("ready", w =>
            {
                w.WriteNumber("limit", options.Limit);
                w.WriteString("policy", options.Policy.Name);
                w.WriteString("rules", rules.Backend.ToString()!.ToLowerInvariant());
                w.WriteString("outcomeSource", status.OutcomeSource);
                w.WriteString("outcomeProblem", status.OutcomeProblem);
                w.WriteString("rulesProblem", rules.Lacking);
                w.WriteBoolean("lease", status.Lease.InUse);
                w.WriteString("leaseProblem", status.Lease.Problem);
                w.WriteString("socket", rules.Paths!.Socket);
            });
        }
        else if (!_quiet)
        {
            _log.Information($"guarding: {text}{(IsLive ? ". Ctrl-C ends it." : "")}");
        }

        if (status.OutcomeProblem.Length > 0 && !_json)
        {
            _log.Warning($"outcomes from {status.OutcomeSource}, and less is known: {status.OutcomeProblem}");
        }

        if (rules.Lacking.Length > 0 && !_json)
        {
            _log.Warning($"rules in {rules.Where} and not in nf_tables of its own: {rules.Lacking}");
        }

        return text;
    }

    /// <inheritdoc/>
    public void LimitReached(GuardWarning warning)
    {
        try
        {
            if (_json)
            {
                Json("limitReached", w =>
                {
                    w.WriteNumber("limit", warning.Limit);
                    w.WriteNumber("waiting", warning.Waiting);
                    w.WriteString("biggestHolder", warning.BiggestHolder);
                    w.WriteNumber("biggestHolderSlots", warning.BiggestHolderSlots);
                });
            }
            else
            {
                _log.Warning(GuardLog.LimitReached(warning));
            }
        }
        catch (IOException)
        {
            // Whoever read our output is gone; the network still needs us.
        }
    }

    /// <inheritdoc/>
    public void Live(GuardStatus status)
    {
        if (!IsLive)
        {
            return;
        }

        var biggest = status.Programs.Count > 0
            ? $" · {Path.GetFileName(status.Programs[0].Name)} {status.Programs[0].Counted}+{status.Programs[0].Waiting}" : "";
        var line =
            $"{status.Counted}/{status.Limit} slots · {status.HalfOpen} half-open · {status.Waiting} waiting · "
            + $"{status.Totals.Established:#,0} established · "
            + $"{status.Totals.TimedOut + status.Totals.Cancelled + status.Totals.Unreachable:#,0} silent{biggest}";
        line = PlainText.Of(line);
        lock (_lock)
        {
            _terminal.Error.Write("\r\e[K" + (line.Length < _terminal.Width ? line : line[..(_terminal.Width - 1)]));
            _lineIsDrawn = true;
        }
    }

    public void Ended(GuardStatus status)
    {
        ClearLine();
        if (_json)
        {
            Json("ended", w =>
            {
                w.WritePropertyName("status");
                JsonSerializer.Serialize(w, status, ControlJson.Default.GuardStatus);
            });
        }
        else if (!_quiet)
        {
            var t = status.Totals;
            _log.Information(
                $"ended, rules removed: {t.Submitted:#,0} attempts, {t.Established:#,0} established, {t.Refused + t.Reset:#,0} "
                + $"refused, {t.TimedOut + t.Unreachable:#,0} timed out or unreachable, {t.Cancelled:#,0} cancelled; waits p99 "
                + $"{status.Waits.P99Ms:0.#} ms, longest {status.Waits.MaxMs:0.#} ms");
        }
    }

    private void ClearLine()
    {
        lock (_lock)
        {
            if (_lineIsDrawn)
            {
                _terminal.Error.Write("\r\e[K");
                _lineIsDrawn = false;
            }
        }
    }

    private void Json(string name, Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory))
        {
            writer.WriteStartObject();
            writer.WriteString("event", name);
            write(writer);
            writer.WriteEndObject();
        }

        lock (_lock)
        {
            _terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(memory.ToArray()));
            _terminal.Out.Flush();
        }
    }
}
