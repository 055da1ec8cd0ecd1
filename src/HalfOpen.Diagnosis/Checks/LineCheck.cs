using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>
/// Delay and loss as sockets saw them: no finding of its own, but who asks whether it is the line should read it.
/// Nothing is sent for it.
/// </summary>
internal static class LineCheck
{
    private const string Subject = "the line";
    private const double MuchLoss = 0.05;

    public static CheckResult? Examine(MachineFacts facts)
    {
        double[] times = [.. facts.Peers.Select(p => p.HandshakeMs).OfType<double>().Order()];
        if (facts.Source != FactsSource.Linux || times.Length == 0)
        {
            return null;
        }

        var text = $"{Words.Count(times.Length, "destination")} answered; half of them within {Milliseconds(times[times.Length / 2])}, "
            + $"nine of ten within {Milliseconds(times[Math.Min(times.Length - 1, times.Length * 9 / 10)])} (seen from sockets)";
        if (facts.Growth("Tcp.OutSegs") is > 0 and var sent && facts.Growth("Tcp.RetransSegs") is { } repeated)
        {
            // Repeats of SYNs are those of dead peers; they say nothing of the line.
            var lost = Math.Max(0, repeated - (facts.Growth("TcpExt.TCPSynRetrans") ?? 0));
            text += $"; {lost:N0} of {sent:N0} segments with data were repeated ({Words.Percent(lost, sent)}"
                + (lost >= MuchLoss * sent && sent >= 100 ? ", which is much: it may be the line)" : ")");
        }

        return CheckResult.Fine(Subject, text);
    }

    private static string Milliseconds(double ms) => ms < 10 ? $"{ms:0.0} ms" : $"{ms:N0} ms";
}
