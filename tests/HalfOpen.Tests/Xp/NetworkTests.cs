using System.Buffers.Binary;
using System.Net;
using HalfOpen.Tests.Windows;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>Why is my network frozen: the tables of connections, the System log, the verdict.</summary>
public sealed class NetworkTests
{
    private static readonly DateTime Noon = new(2009, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Sockets_in_syn_sent_are_read_from_the_table_of_Windows()
    {
        byte[][] rows = [Row(2, 9, "0.0.0.0", 0), Row(3, 1234, "192.0.2.7", 6881), Row(5, 1, "192.0.2.8", 80), Row(3, 4, "192.0.2.9", 443)];
        var sockets = TcpTable.Read(Table(24, rows));
        Assert.Equal([(1234, "192.0.2.7", 6881), (4, "192.0.2.9", 443)], sockets.Select(s => (s.ProcessId, s.Remote.ToString(), s.Port)));
    }

    [Fact]
    public void Sockets_of_IPv6_are_read_too()
    {
        var row = new byte[56];
        IPAddress.Parse("2001:db8::7").GetAddressBytes().CopyTo(row, 24);
        BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(44), 443);
        BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(48), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(52), 77);
        var socket = Assert.Single(TcpTable.Read6(Table(56, row, new byte[56])));
        Assert.Equal((77, "2001:db8::7", 443), (socket.ProcessId, socket.Remote.ToString(), socket.Port));
    }

    /// <summary>A table that promises more rows than it has, is cut off, or is noise.</summary>
    [Fact]
    public void No_table_breaks_the_reader()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length >= 4 && random.Next(2) == 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)random.Next(0, 12));
            }

            Assert.True(TcpTable.Read(bytes).Count <= bytes.Length / 24);
            Assert.True(TcpTable.Read6(bytes).Count <= bytes.Length / 56);
        }

        Assert.Single(TcpTable.Read([.. BitConverter.GetBytes(uint.MaxValue), .. Row(3, 1, "192.0.2.1", 1), 3, 0, 0]));
    }

    [Fact]
    public void Programs_are_counted_most_first()
    {
        var sockets = Enumerable.Range(0, 9).Select(i => new HalfOpenSocket(i % 3 == 0 ? 7 : 8 + (i % 2), IPAddress.Loopback, i));
        var list = SocketList.Of([.. sockets], id => id == 8 ? null : "p" + id);
        Assert.Equal(["p7 7 3", "? 8 3", "p9 9 3"], list.Programs.Select(p => $"{p.Name} {p.ProcessId} {p.Count}"));
        Assert.Equal(9, list.Total);
    }

    [Fact]
    public void Events_are_counted_back_to_the_start_of_Windows_and_in_all()
    {
        var log = LimitEvents.Read(
        [
            new LogEntry("Tcpip", 0x8000_1082, Noon), new LogEntry("Dhcp", 4226, Noon), new LogEntry("tcpip", 4226, Noon.AddHours(-1)),
            new LogEntry("Tcpip", 4227, Noon), new LogEntry("EventLog", 0x8000_1775, Noon.AddHours(-2)),
            new LogEntry("Tcpip", 0x8000_1082, Noon.AddDays(-1)), new LogEntry("EventLog", 6005, Noon.AddDays(-2)),
        ]);
        Assert.Equal((2, 3, Noon, Noon.AddHours(-2), 7), (log.SinceStart, log.InAll, log.LastUtc, log.StartedUtc, log.Entries));
    }

    [Fact]
    public void A_log_without_end_is_not_read_to_its_end()
    {
        static IEnumerable<LogEntry> Endless()
        {
            while (true)
            {
                yield return new LogEntry("Tcpip", 4226, Noon);
            }
        }

        Assert.Equal(LimitEvents.MaxEntries, LimitEvents.Read(Endless()).InAll);
    }

    /// <summary>
    /// Any ids, sources and times, in any order: a damaged log, a clock that was set back, other programs that log
    /// under these names. The count is that of a second, simpler way of counting, and a sentence comes of it in any
    /// language.
    /// </summary>
    [Fact]
    public void No_log_breaks_the_reader()
    {
        long[] ids = [4226, 0x8000_1082, 6005, 0x8000_1775, 4227, 0, -1, long.MinValue, long.MaxValue, 0x1_0000_1082];
        string[] sources = ["Tcpip", "TCPIP", "EventLog", "", "Tcpip\0", "\u202E", new string('x', 100_000)];
        DateTime[] times = [DateTime.MinValue, DateTime.MaxValue, Noon, DateTime.UnixEpoch];
        var random = new Random(6005);
        for (var i = 0; i < 5_000; i++)
        {
            var entries = Enumerable.Range(0, random.Next(12)).Select(_ => new LogEntry(
                sources[random.Next(sources.Length)], ids[random.Next(ids.Length)], times[random.Next(times.Length)])).ToList();
            var log = LimitEvents.Read(entries);
            var limits = entries.FindAll(e => (e.Id & 0xFFFF) == 4226 && e.Source.Equals("tcpip", StringComparison.OrdinalIgnoreCase));
            var start = entries.FindIndex(e => (e.Id & 0xFFFF) == 6005 && e.Source == "EventLog");
            var sinceStart = entries.Take(start < 0 ? entries.Count : start).Intersect(limits).Count();
            Assert.Equal((limits.Count, sinceStart, entries.Count), (log.InAll, log.SinceStart, log.Entries));
            Assert.Equal((limits.FirstOrDefault()?.TimeUtc, start < 0 ? null : (DateTime?)entries[start].TimeUtc),
                (log.LastUtc, log.StartedUtc));
            foreach (var language in Language.All)
            {
                Assert.NotEmpty(ConsoleReport.Of(log).In(language));
                Assert.NotEmpty(Verdict.Of(LimitNow.Of([], log.StartedUtc), Sockets(3), log).Sentence.In(language));
            }
        }
    }

    [Fact]
    public void The_verdict_is_one_sentence_on_whether_the_limit_hurts()
    {
        using var xp = new TemporaryFolder();
        xp.WriteDriver("system32/drivers/tcpip.sys", seed: 1);
        var limit = LimitNow.Of(Copies(xp, SoldAs.Workstation), null);
        var calm = LimitEvents.Read([new LogEntry("EventLog", 6005, Noon)]);
        var hurt = LimitEvents.Read([new LogEntry("Tcpip", 4226, Noon.AddHours(1)), new LogEntry("EventLog", 6005, Noon)]);

        AssertVerdict(Blame.No, TextKey.VerdictNo, limit, Sockets(3), calm);
        AssertVerdict(Blame.Earlier, TextKey.VerdictEarlier, limit, Sockets(9), hurt);
        AssertVerdict(Blame.Now, TextKey.VerdictNow, limit, Sockets(10), calm);
        AssertVerdict(Blame.Now, TextKey.VerdictNow, limit, Sockets(14), null);
        AssertVerdict(Blame.No, TextKey.VerdictNotNowNoLog, limit, Sockets(9), null);
        AssertVerdict(Blame.Unknown, TextKey.VerdictUnreadable, limit, SocketList.Unreadable(new Phrase(TextKey.SocketsOnlyOnWindows)),
            hurt);
        AssertVerdict(Blame.No, TextKey.VerdictNoLimit, LimitNow.Of(Copies(xp, SoldAs.Server), null), Sockets(50), hurt);
        AssertVerdict(Blame.Unknown, TextKey.VerdictUnknownLimit, LimitNow.Of([], null), Sockets(50), hurt);

        var sentence = Verdict.Of(limit, Sockets(14), calm).Sentence.In(Language.English);
        const string Expected = "Yes, the limit hurts now: 14 attempts without an answer fill the 10 slots, 14 of them by emule;";
        Assert.StartsWith(Expected, sentence, StringComparison.Ordinal);
    }

    private static void AssertVerdict(Blame blame, TextKey key, LimitNow limit, SocketList sockets, LimitEvents? log)
    {
        var verdict = Verdict.Of(limit, sockets, log);
        Assert.Equal((blame, key), (verdict.Blame, verdict.Sentence.Key));
    }

    private static SocketList Sockets(int count) =>
        SocketList.Of([.. Enumerable.Range(0, count).Select(i => new HalfOpenSocket(1234, IPAddress.Loopback, i))], _ => "emule");

    private static List<DriverCopy> Copies(TemporaryFolder folder, SoldAs product)
    {
        var disk = DiskSteps.OfThisSystem();
        return CopyPlace.Find(disk, folder.Path).ConvertAll(place => DriverCopy.Read(disk, place, product));
    }

    private static byte[] Table(int rowSize, params byte[][] rows)
    {
        Assert.All(rows, r => Assert.Equal(rowSize, r.Length));
        return [.. BitConverter.GetBytes(rows.Length), .. rows.SelectMany(r => r), 0xCC];
    }

    private static byte[] Row(uint state, uint process, string remote, ushort port)
    {
        var row = new byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(row, state);
        IPAddress.Parse(remote).GetAddressBytes().CopyTo(row, 12);
        BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(16), port);
        BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(20), process);
        return row;
    }
}
