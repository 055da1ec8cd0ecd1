using HalfOpen.Cli.CommandLine;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Cli.Doctor;

/// <summary>An opinion for people: one verdict, then what proves it and what to do, then what it is not.</summary>
internal sealed class OpinionPrinter(Terminal terminal, bool quiet)
{
    private const int MostPrograms = 8;
    private const int NameWidth = 32;

    public void Print(MachineFacts facts, Opinion opinion)
    {
        SafeText.Paragraph(terminal, "", opinion.Verdict, opinion.IsHealthy ? terminal.Good : terminal.Bold);
        if (quiet)
        {
            return;
        }

        terminal.Out.WriteLine();
        if (opinion.Findings.Count > 0)
        {
            PrintTable(opinion);
            foreach (var finding in opinion.Findings)
            {
                Print(finding);
            }
        }

        PrintPrograms(facts);
        PrintLines("Ruled out", opinion.RuledOut.Select(r => (r.Subject, r.RuledOut!)));
        PrintLines("Could not be seen", opinion.NotSeen.Select(r => (r.Subject, r.NotSeen!)));
        PrintView(facts);
    }

    public static void Explain(Terminal terminal, FindingKind kind)
    {
        terminal.Out.WriteLine(terminal.Bold(kind.Name) + ": " + kind.Title);
        SafeText.Paragraph(terminal, "", kind.Meaning);
        SafeText.Paragraph(terminal, "Found when  ", kind.HowFound);
        SafeText.Paragraph(terminal, "Beware      ", kind.Beware);
    }

    private void PrintTable(Opinion opinion)
    {
        var names = opinion.Findings.Max(f => f.Name.Length);
        terminal.Out.WriteLine(terminal.Dim($"{"finding".PadRight(names)}  {"sure",-8}  what to do first"));
        foreach (var finding in opinion.Findings)
        {
            var remedy = finding.Remedies.Count == 0 ? "" : finding.Remedies[0].Command.Length > 0
                ? finding.Remedies[0].Command : finding.Remedies[0].Text;
            terminal.Out.WriteLine($"{finding.Name.PadRight(names)}  {Sure(finding.Confidence),-8}  "
                + SafeText.Of(remedy, Math.Max(20, terminal.Width - names - 12)));
        }

        terminal.Out.WriteLine();
    }

    private void Print(Finding finding)
    {
        terminal.Out.WriteLine(terminal.Warn(finding.Name) + terminal.Dim($" (halfopen doctor --explain {finding.Name})"));
        SafeText.Paragraph(terminal, "  ", finding.Verdict);
        foreach (var line in finding.Evidence)
        {
            SafeText.Paragraph(terminal, "  - ", line.Text);
            if (line.Command.Length > 0)
            {
                SafeText.Paragraph(terminal, "      see: ", line.Command, terminal.Dim);
            }
        }

        foreach (var remedy in finding.Remedies)
        {
            SafeText.Paragraph(terminal, "  → ", remedy.Text);
            if (remedy.Command.Length > 0)
            {
                SafeText.Paragraph(terminal, "      ", remedy.Command, terminal.Bold);
            }
        }

        SafeText.Paragraph(terminal, "  ! ", finding.NotExplained, terminal.Dim);
        terminal.Out.WriteLine();
    }

    private void PrintPrograms(MachineFacts facts)
    {
        var programs = ProgramPicture.Of(facts);
        if (programs.Count == 0)
        {
            return;
        }

        terminal.Out.WriteLine(terminal.Dim(
            $"{"program",-NameWidth} {"half-open",9} {"repeated",8} {"dead peers",10} {"share",6} {"tried",7} {"answered",8} {"open",6}"));
        foreach (var p in programs.Take(MostPrograms))
        {
            terminal.Out.WriteLine($"{SafeText.Of(p.Name, NameWidth),-NameWidth} {p.HalfOpen,9:#,0} {p.Silent,8:#,0} {p.DeadPeers,10:#,0} "
                + $"{(p.DeadPeers + p.LivePeers == 0 ? "-" : $"{p.DeadShare * 100:0} %"),6} {p.Tried,7:#,0} {p.Answered,8:#,0} "
                + $"{p.Open,6:#,0}");
        }

        if (programs.Count > MostPrograms)
        {
            terminal.Out.WriteLine($"and {programs.Count - MostPrograms:#,0} more");
        }

        terminal.Out.WriteLine();
    }

    private void PrintLines(string title, IEnumerable<(string Subject, string Text)> lines)
    {
        var all = lines.ToArray();
        if (all.Length == 0)
        {
            return;
        }

        terminal.Out.WriteLine(title + ":");
        foreach (var (subject, text) in all)
        {
            SafeText.Paragraph(terminal, "  - ", $"{subject}: {text}");
        }

        terminal.Out.WriteLine();
    }

    private void PrintView(MachineFacts facts)
    {
        var view = facts.View switch
        {
            ViewKind.Events => $"watched for {facts.WatchedSeconds:0.#} s, every attempt as it happened (BPF)",
            ViewKind.Sampled =>
                $"watched for {facts.WatchedSeconds:0.#} s by looking again and again: attempts that end between two looks have no name",
            _ => "one look",
        };
        SafeText.Paragraph(terminal, "Seen: ", string.Join("; ", facts.Notes.Prepend(view)) + ".", terminal.Dim);
    }

    private static string Sure(Confidence confidence) => confidence.ToString().ToLowerInvariant();
}
