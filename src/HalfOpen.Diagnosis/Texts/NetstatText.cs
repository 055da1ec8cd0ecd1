using System.Globalization;
using System.Net;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;

namespace HalfOpen.Diagnosis.Texts;

/// <summary>
/// The output of <c>netstat</c> of Windows (also localised), Linux and BSD:
/// <code>
///   TCP    192.168.1.5:1043     198.51.100.4:6881   SYN_SENT      1234        then perhaps " [program.exe]"
/// tcp        0      1 10.0.0.5:43210   198.51.100.4:6881   SYN_SENT    1234/aria2c
/// tcp4       0      0 192.168.1.5.49153   198.51.100.4.5223   ESTABLISHED
/// </code>
/// A state of no known name counts as open. Thread-safe: no state.
/// </summary>
internal static class NetstatText
{
    private const int MaxLineLength = 2048;

    /// <summary>English first, then as Windows and net-tools print them elsewhere; compared without case.</summary>
    private static readonly Dictionary<string, SocketStage> States = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ESTABLISHED"] = SocketStage.Open, ["HERGESTELLT"] = SocketStage.Open, ["VERBUNDEN"] = SocketStage.Open,
        ["ÉTABLIE"] = SocketStage.Open, ["ETABLIE"] = SocketStage.Open, ["ESTABLECIDO"] = SocketStage.Open,
        ["ESTABLECIDA"] = SocketStage.Open, ["CONECTADO"] = SocketStage.Open, ["STABILITO"] = SocketStage.Open,
        ["STABILITA"] = SocketStage.Open, ["VERBONDEN"] = SocketStage.Open, ["TOT_STAND_GEBRACHT"] = SocketStage.Open,
        ["USTANOWIONO"] = SocketStage.Open, ["NAWIĄZANO"] = SocketStage.Open, ["УСТАНОВЛЕНО"] = SocketStage.Open,
        ["確立"] = SocketStage.Open, ["ESTABELECIDA"] = SocketStage.Open,
        ["LISTEN"] = SocketStage.Listening, ["LISTENING"] = SocketStage.Listening, ["ABHÖREN"] = SocketStage.Listening,
        ["ABH\uFFFDREN"] = SocketStage.Listening, ["ECOUTE"] = SocketStage.Listening, ["ÉCOUTE"] = SocketStage.Listening,
        ["ESCUCHANDO"] = SocketStage.Listening, ["ESCUCHAR"] = SocketStage.Listening, ["IN_ASCOLTO"] = SocketStage.Listening,
        ["ASCOLTO"] = SocketStage.Listening, ["LUISTEREN"] = SocketStage.Listening, ["NASŁUCHIWANIE"] = SocketStage.Listening,
        ["ПРОСЛУШИВАНИЕ"] = SocketStage.Listening, ["待機中"] = SocketStage.Listening,
        ["TIME_WAIT"] = SocketStage.TimeWait, ["WARTEND"] = SocketStage.TimeWait, ["TIEMPO_ESPERA"] = SocketStage.TimeWait,
        ["ATTENTE"] = SocketStage.TimeWait, ["CZAS_OCZEKIWANIA"] = SocketStage.TimeWait, ["ОЖИДАНИЕ"] = SocketStage.TimeWait,
        ["CLOSE_WAIT"] = SocketStage.Closing, ["SCHLIESSEN_WARTEN"] = SocketStage.Closing, ["FIN_WAIT"] = SocketStage.Closing,
        ["FIN_WAIT1"] = SocketStage.Closing, ["FIN_WAIT2"] = SocketStage.Closing, ["FIN_WAIT_1"] = SocketStage.Closing,
        ["FIN_WAIT_2"] = SocketStage.Closing, ["LAST_ACK"] = SocketStage.Closing, ["CLOSING"] = SocketStage.Closing,
        ["CLOSED"] = SocketStage.Closing, ["CLOSE"] = SocketStage.Closing, ["ESPERANDO_CIERRE"] = SocketStage.Closing,
    };

    /// <summary>What distinguishes "SYN received" from "SYN sent" in all those languages.</summary>
    private static readonly string[] Received = ["RECV", "RECE", "RCVD", "EMPF", "REÇU", "RECU", "RECIB", "RICEV",
        "ONTV", "ODEBR", "ПОЛУЧ",
        "受信"];

    /// <summary>Adds the sockets; gives back how many lines were understood.</summary>
    /// <param name="isWindows">Whether the text came from a Windows.</param>
    public static int Read(IEnumerable<string> lines, FactsBuilder builder, out bool isWindows)
    {
        isWindows = false;
        var understood = 0;
        (SocketSeen Socket, long Process)? pending = null;
        foreach (var line in lines)
        {
            if (line.Length is 0 or > MaxLineLength)
            {
                continue;
            }

            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (pending is not null && words is [['[', .. var name, ']']])
            {
                Add(builder, pending.Value, name); // netstat -b names the program on a line of its own
                pending = null;
                continue;
            }

            if (words.Length < 3 || !words[0].StartsWith("tcp", StringComparison.OrdinalIgnoreCase) || Parse(words) is not { } parsed)
            {
                continue;
            }

            if (pending is { } before)
            {
                Add(builder, before, null);
            }

            understood++;
            isWindows |= parsed.IsWindows;
            pending = (parsed.Socket, parsed.Process);
            if (parsed.Name is { } known)
            {
                Add(builder, pending.Value, known);
                pending = null;
            }
        }

        if (pending is { } last)
        {
            Add(builder, last, null);
        }

        return understood;
    }

    private static void Add(FactsBuilder builder, (SocketSeen Socket, long Process) line, string? name)
    {
        var program = line.Socket.Stage == SocketStage.TimeWait ? -1
            : builder.Program(new ProgramFacts(name ?? (line.Process > 0 ? $"process {line.Process}"
            : "a program that the text does not name"),
                NameOrigin.Text, line.Process));
        builder.Add(line.Socket with { Program = program });
    }

    private static (SocketSeen Socket, long Process, string? Name, bool IsWindows)? Parse(string[] words)
    {
        // Linux and BSD put two queue lengths before the addresses.
        var hasQueues = words.Length >= 5 && words[1].All(char.IsAsciiDigit) && words[2].All(char.IsAsciiDigit);
        var at = hasQueues ? 3 : 1;
        if (words.Length < at + 2 || !EndPointText.TryParse(words[at], out var local, out var localPort)
            || !EndPointText.TryParse(words[at + 1], out var remote, out var remotePort))
        {
            return null;
        }

        var state = words.Length > at + 2 ? words[at + 2] : "";
        var last = words.Length > at + 3 ? words[at + 3] : "";
        var process = SsText.Number(last);
        var isZero = remotePort == 0 && (remote.Equals(IPAddress.Any) || remote.Equals(IPAddress.IPv6Any));
        var stage = Stage(state) ?? (isZero ? SocketStage.Listening : last == "0" ? SocketStage.TimeWait : SocketStage.Open);
        var slash = last.IndexOf('/', StringComparison.Ordinal);
        var name = hasQueues && slash > 0 && slash + 1 < last.Length ? last[(slash + 1)..] : null;
        var syns = hasQueues && stage == SocketStage.HalfOpen ? Syns(words.AsSpan(at + 3)) : 0;
        return (new SocketSeen(-1, stage, local, localPort, remote, remotePort, Syns: syns), process, name, !hasQueues);
    }

    private static SocketStage? Stage(string word)
    {
        if (States.TryGetValue(word, out var stage))
        {
            return stage;
        }

        return !word.StartsWith("SYN", StringComparison.OrdinalIgnoreCase) ? null
            : Array.Exists(Received, r => word.Contains(r, StringComparison.OrdinalIgnoreCase)) ? SocketStage.Closing
            : SocketStage.HalfOpen;
    }

    /// <summary>The second of "on (2.24/2/0)" with -o: repeats; 0: not told.</summary>
    private static int Syns(ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (word is ['(', .. var inner, ')'] && inner.Split('/') is [_, var repeats, ..]
                && byte.TryParse(repeats, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number + 1;
            }
        }

        return 0;
    }
}
