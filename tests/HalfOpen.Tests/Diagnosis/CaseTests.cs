using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;
using HalfOpen.Diagnosis.Texts;
using Xunit;

namespace HalfOpen.Tests.Diagnosis;

/// <summary>Saved facts and texts, with the right first verdict beside each (Cases/verdicts.tsv).</summary>
public sealed class CaseTests
{
    public static TheoryData<string, string, string> Verdicts()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var fields in File.ReadLines(Path.Combine(SavedCase.Folder, "verdicts.tsv")).Select(l => l.Split('\t')))
        {
            data.Add(fields[1], fields[2], fields[3]);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void The_first_verdict_is_the_right_one(string file, string finding, string words)
    {
        var opinion = Examiner.Examine(SavedCase.Read(file));
        Assert.Equal(finding, opinion.IsHealthy ? "healthy" : opinion.Findings[0].Name);
        Assert.All(words.Split('|'), w => Assert.Contains(w, opinion.Verdict, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_file_has_a_verdict()
    {
        var named = File.ReadLines(Path.Combine(SavedCase.Folder, "verdicts.tsv")).Select(l => l.Split('\t')[1]);
        Assert.Equal(named.Order(StringComparer.Ordinal), SavedCase.Files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_second_finding_stands_behind_the_first()
    {
        var scanner = Examiner.Examine(SavedCase.Read("segfault-50.json")).Findings.Select(f => f.Name);
        Assert.Contains(FindingKinds.ScanPattern, scanner);
        var node = Examiner.Examine(SavedCase.Read("kubo-3320.json"));
        Assert.Contains("UDP", node.Findings[0].NotExplained, StringComparison.Ordinal);
        Assert.Contains(node.Findings[0].Remedies, r => r.Command.Contains("--nat-budget", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_in_a_container_is_looked_at_in_there_and_cured_from_outside()
    {
        var finding = Examiner.Examine(SavedCase.Read("dead-peers-in-a-container.json")).Findings[0];
        Assert.Contains(finding.Evidence, e => e.Command == "sudo nsenter -t 3120 -n ss -tnpo state syn-sent");
        Assert.Contains(finding.Evidence, e => e.Text == "geth is process 3130, user 1000, unit docker-4f1e.scope");
        Assert.Equal("sudo halfopen guard --limit 100 --containers", finding.Remedies[0].Command);
    }

    [Fact]
    public void The_line_is_described_from_sockets()
    {
        var facts = SavedCase.Read("carrier-nat.json") with
        {
            Counters = [new("Tcp.OutSegs", 0, 1000), new("Tcp.RetransSegs", 0, 130), new("TcpExt.TCPSynRetrans", 0, 30)],
        };
        var line = Examiner.Examine(facts).RuledOut.Single(r => r.Subject == "the line").RuledOut!;
        Assert.Contains("46 destinations answered; half of them within 63 ms, nine of ten within 81 ms", line, StringComparison.Ordinal);
        Assert.Contains("100 of 1,000 segments with data were repeated (10 %, which is much", line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_ruled_out_has_a_line_each()
    {
        var idle = Examiner.Examine(SavedCase.Read("idle.json"));
        Assert.Empty(idle.Findings);
        Assert.True(idle.RuledOut.Count >= 8, string.Join("; ", idle.RuledOut.Select(r => r.Subject)));
        Assert.All(idle.RuledOut, r => Assert.False(string.IsNullOrWhiteSpace(r.RuledOut)));
    }

    [Fact]
    public void The_log_backs_off_and_the_verdict_says_so()
    {
        var finding = Examiner.Examine(SavedCase.Read("event-4226-xp.json")).Findings[0];
        Assert.Contains(finding.Evidence, e => e.Text.Contains("819 s, 1,638 s", StringComparison.Ordinal));
        Assert.Contains(finding.Evidence, e => e.Text.Contains("820 s apart", StringComparison.Ordinal));
    }

    [Fact]
    public void Facts_survive_a_round_trip() => Assert.All(SavedCase.Files.Where(f => f.EndsWith(".json", StringComparison.Ordinal)), f =>
    {
        var facts = SavedCase.Read(f);
        var again = FactsJson.Read(FactsJson.Write(facts));
        Assert.Equal(Examiner.Examine(facts).Findings.Select(x => x.Verdict), Examiner.Examine(again).Findings.Select(x => x.Verdict));
        Assert.Equal(facts.Peers.Count, again.Peers.Count);
    });
}

/// <summary>Files of Cases/.</summary>
internal static class SavedCase
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "HalfOpen.Tests", "Diagnosis", "Cases");

    public static IEnumerable<string> Files => Directory.GetFiles(Folder).Select(f => Path.GetFileName(f))
        .Where(f => f is not ("verdicts.tsv" or "README.md"));

    public static byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    public static MachineFacts Read(string file) => file.EndsWith(".json", StringComparison.Ordinal)
        ? FactsJson.Read(Bytes(file)) : SavedText.Read(Bytes(file)) ?? throw new InvalidOperationException(file + " is no known text");
}
