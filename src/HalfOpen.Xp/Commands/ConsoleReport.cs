using HalfOpen.Driver;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Commands;

/// <summary>What the console prints for people.</summary>
internal sealed class ConsoleReport
{
    private readonly TextWriter _out;
    private readonly Language _language;
    private readonly bool _quiet;

    public ConsoleReport(TextWriter output, Language language, bool quiet)
    {
        _out = output;
        _language = language;
        _quiet = quiet;
    }

    public void Print(Workplace place, List<DriverCopy> copies, LimitNow limit)
    {
        if (!_quiet)
        {
            _out.WriteLine(Phrase.Printable(place.Folder) + (limit.Copy == null ? "" : ": " + Meaning.SystemOf(limit.Copy)));
            _out.WriteLine(Meaning.Of(limit).In(_language));
            if (limit.CopiesDiffer)
            {
                _out.WriteLine(_language.Get(TextKey.CopiesDiffer));
            }

            if (copies.Find(c => c.Obstacle != null) is { } obstructed)
            {
                _out.WriteLine(obstructed.Obstacle!.In(_language));
            }

            _out.WriteLine();
        }

        foreach (var copy in copies)
        {
            _out.WriteLine(Phrase.Printable(copy.Place.ShortPath));
            Row(TextKey.ColumnLimit, copy.IsFound ? Number(copy.Report!.Limit!.Value) : "-");
            Row(TextKey.ColumnState, Meaning.StateOf(copy).In(_language));
            Row(TextKey.ColumnVersion, copy.Report?.FileVersion?.ToString() ?? "?");
            if (Meaning.OfStaleBackup(copy) is { } stale)
            {
                Row(null, stale.In(_language));
            }

            if (copy.Sha256 != null)
            {
                Row(null, copy.Sha256, "SHA-256");
            }

            if (!_quiet && copy.Report != null)
            {
                PrintEvidence(copy.Report);
            }

            _out.WriteLine();
        }
    }

    public void Print(PatchPlan plan, uint limit)
    {
        foreach (var item in plan.Items)
        {
            _out.WriteLine(Phrase.Printable(item.Copy.Place.ShortPath));
            Row(TextKey.ColumnLimit, item.Action switch
            {
                LiftAction.Write => Number(item.Copy.Report!.Limit!.Value) + " -> " + Number(limit),
                LiftAction.Nothing => _language.Get(TextKey.AlreadyAt, limit),
                LiftAction.LeaveOut => _language.Get(TextKey.LeftOut, item.Reason!),
                _ => _language.Get(TextKey.Refused, item.Reason!),
            });
            if (item.Action == LiftAction.Write && !_quiet)
            {
                foreach (var edit in item.Patch!.Edits)
                {
                    var name = edit.Name == "limit" ? null : "PE checksum";
                    Row(null, edit.Offset + ": " + Hex(edit.Before) + " -> " + Hex(edit.After), name);
                }
            }

            if (item.SetsAside)
            {
                var kept = Path.GetFileName(item.Copy.Backup.OldBackupPath);
                Row(null, new Phrase(TextKey.OldBackupKept, Meaning.VersionOf(item.Copy.Backup.Version), kept).In(_language));
            }
        }

        _out.WriteLine();
    }

    public void Print(RestorePlan plan)
    {
        foreach (var item in plan.Items)
        {
            _out.WriteLine(Phrase.Printable(item.Copy.Place.ShortPath));
            Row(TextKey.ColumnLimit, item.Action switch
            {
                LiftAction.Write => (item.Copy.Report?.Limit is { } now ? Number(now) : "?") + " -> "
                    + (item.Copy.Backup.Report?.Limit is { } old ? Number(old) : "?"),
                LiftAction.CleanUp => _language.Get(TextKey.IsOriginalAlready),
                LiftAction.Nothing => _language.Get(TextKey.NoBackup),
                _ => _language.Get(TextKey.Refused, item.Reason!),
            });
        }

        _out.WriteLine();
    }

    public void Print(Verdict verdict, SocketList sockets, LimitEvents? log)
    {
        _out.WriteLine(verdict.Sentence.In(_language));
        foreach (var program in sockets.Programs)
        {
            var count = Number((uint)program.Count).PadLeft(6);
            _out.WriteLine("  " + count + "  " + Phrase.Printable(program.Name) + " (" + program.ProcessId + ")");
        }

        if (!_quiet)
        {
            _out.WriteLine(Of(log).In(_language));
        }
    }

    /// <summary>One line on what the System log holds.</summary>
    public static Phrase Of(LimitEvents? log) => log == null ? new Phrase(TextKey.LogUnreadable)
        : log.LastUtc == null ? new Phrase(TextKey.LogHasNone, log.Entries)
        : new Phrase(TextKey.LogHas, log.InAll, log.LastUtc.Value.ToLocalTime());

    private static string Hex(byte[] bytes) => BitConverter.ToString(bytes).Replace('-', ' ');

    private string Number(uint value) => value.ToString("N0", _language.Culture);

    private void Row(TextKey? label, string text, string? name = null) =>
        _out.WriteLine("  " + (name ?? (label == null ? "" : _language.Get(label.Value))).PadRight(13) + text);

    private void PrintEvidence(DriverReport report)
    {
        var held = 0;
        foreach (var item in report.Evidence)
        {
            held += item.Holds == true ? 1 : 0;
        }

        Row(TextKey.ColumnEvidence, held + "/" + report.Evidence.Count);
        foreach (var item in report.Evidence)
        {
            _out.WriteLine("    " + (item.Holds == true ? "+ " : item.Holds == false ? "- " : "  ") + item.Name.PadRight(17) + item.Detail);
        }
    }
}
