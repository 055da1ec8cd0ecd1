using System.Globalization;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;

namespace HalfOpen.Diagnosis.Texts;

/// <summary>
/// The output of <c>ss</c>, with whatever flags:
/// <code>
/// [tcp] SYN-SENT 0 1 10.0.0.5:43210 198.51.100.4:6881 users:(("aria2c",pid=123,fd=7)) timer:(on,1.2sec,2) uid:1000
/// </code>
/// <c>ss state syn-sent</c> leaves the state away: then one unacknowledged byte (the SYN) tells. Thread-safe: no state.
/// </summary>
internal static class SsText
{
    private const int MaxLineLength = 4096;

    /// <summary>Adds the sockets; gives back how many lines were understood.</summary>
    public static int Read(IEnumerable<string> lines, FactsBuilder builder)
    {
        var understood = 0;
        foreach (var line in lines)
        {
            if (line.Length is > 0 and <= MaxLineLength && !char.IsWhiteSpace(line[0]) && TryRead(line, builder))
            {
                understood++;
            }
        }

        return understood;
    }

    private static bool TryRead(string line, FactsBuilder builder)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var at = words is ["tcp" or "udp" or "mptcp", ..] ? 1 : 0;
        SocketStage? stage = null;
        if (words.Length > at && !char.IsAsciiDigit(words[at][0]))
        {
            stage = Stage(words[at++]);
            if (stage is null)
            {
                return false;
            }
        }

        if (words.Length < at + 4 || !long.TryParse(words[at], NumberStyles.None, CultureInfo.InvariantCulture, out var received)
            || !long.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var sent)
            || !EndPointText.TryParse(words[at + 2], out var local, out var localPort)
            || !EndPointText.TryParse(words[at + 3], out var remote, out var remotePort))
        {
            return false;
        }

        if (words[0] is "udp")
        {
            return true;
        }

        stage ??= received == 0 && sent == 1 ? SocketStage.HalfOpen : SocketStage.Open;
        var rest = words.AsSpan(at + 4);
        var repeats = Repeats(rest);
        var program = stage == SocketStage.TimeWait ? -1 : builder.Program(Program(rest));
        builder.Add(new SocketSeen(program, stage.Value, local, localPort, remote, remotePort,
            Syns: stage == SocketStage.HalfOpen && repeats is { } r ? r + 1 : 0, Repeats: repeats ?? 0,
            Waiting: Math.Min(received, int.MaxValue), Backlog: Math.Min(sent, int.MaxValue)));
        return true;
    }

    private static SocketStage? Stage(string word) => word switch
    {
        "SYN-SENT" => SocketStage.HalfOpen,
        "ESTAB" => SocketStage.Open,
        "TIME-WAIT" => SocketStage.TimeWait,
        "LISTEN" => SocketStage.Listening,
        "SYN-RECV" or "FIN-WAIT-1" or "FIN-WAIT-2" or "CLOSE-WAIT" or "LAST-ACK" or "CLOSING" or "UNCONN" => SocketStage.Closing,
        _ => null,
    };

    /// <summary>The 2 of "timer:(on,1.2sec,2)"; null: not told.</summary>
    private static int? Repeats(ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (word.StartsWith("timer:(on,", StringComparison.Ordinal))
            {
                var number = word.AsSpan(word.LastIndexOf(',') + 1).TrimEnd(')');
                return byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var repeats) ? repeats : null;
            }
        }

        return null;
    }

    /// <summary>The first of users:(("name",pid=1,fd=2),...), else the user, else that there is no name.</summary>
    private static ProgramFacts Program(ReadOnlySpan<string> words)
    {
        var all = string.Join(' ', words);
        const string Users = "users:((\"";
        var at = all.IndexOf(Users, StringComparison.Ordinal);
        if (at >= 0)
        {
            var name = all[(at + Users.Length)..];
            var end = name.IndexOf('"', StringComparison.Ordinal);
            var pid = name.IndexOf("pid=", StringComparison.Ordinal);
            if (end > 0)
            {
                return new ProgramFacts(name[..end], NameOrigin.Text, pid < 0 ? 0 : Number(name.AsSpan(pid + 4)));
            }
        }

        var user = all.IndexOf("uid:", StringComparison.Ordinal);
        return user >= 0 ? new ProgramFacts($"a program of user {Number(all.AsSpan(user + 4))}", NameOrigin.Text)
            : new ProgramFacts("a program that the text does not name", NameOrigin.Text);
    }

    internal static long Number(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && length < 10 && char.IsAsciiDigit(text[length]))
        {
            length++;
        }

        return long.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
