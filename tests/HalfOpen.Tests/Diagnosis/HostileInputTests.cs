using System.Text;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;
using HalfOpen.Diagnosis.Texts;
using HalfOpen.Linux.Netlink;
using Xunit;

namespace HalfOpen.Tests.Diagnosis;

/// <summary>Whatever somebody sends as facts or texts: an opinion or a clear refusal, never another
/// exception.</summary>
public sealed class HostileInputTests
{
    private const int Rounds = 3_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mutated_facts_are_read_or_refused(int seed)
    {
        var random = new Random(seed);
        byte[][] seeds = [.. SavedCase.Files.Where(f => f.EndsWith(".json", StringComparison.Ordinal)).Select(f => SavedCase.Bytes(f))
            .Where(b => b.Length < 20_000)];
        var read = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(seeds[random.Next(seeds.Length)], random);
            try
            {
                _ = Examiner.Examine(FactsJson.Read(bytes));
                read++;
            }
            catch (FactsProblemException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {Encoding.UTF8.GetString(bytes)}: {e}");
            }
        }

        Assert.True(read > Rounds / 20, $"{read}: most mutants should get somewhere, or this tests little");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Mutated_texts_are_read_or_not(int seed)
    {
        var random = new Random(seed);
        byte[][] seeds = [.. SavedCase.Files.Where(f => f.EndsWith(".txt", StringComparison.Ordinal)).Select(f
            => SavedCase.Bytes(f)[..1500])];
        var read = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(seeds[random.Next(seeds.Length)], random);
            try
            {
                if (SavedText.Read(bytes) is { } facts)
                {
                    _ = Examiner.Examine(facts);
                    _ = FactsJson.Read(FactsJson.Write(facts));
                    read++;
                }
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {Encoding.UTF8.GetString(bytes)}: {e}");
            }
        }

        Assert.True(read > Rounds / 4, $"{read}");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Mutated_files_of_the_kernel_are_read_or_passed_over(int seed)
    {
        var random = new Random(seed);
        var counters = Encoding.UTF8.GetBytes("TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 33\n"
            + "Tcp: ActiveOpens OutSegs MaxConn\nTcp: 7 99999 -1\n");
        var queues = Encoding.UTF8.GetBytes("    5   1234    17 2 65531     3     4       99  1\n 4226 4294962041 0 2 80 0 0 1 1\n");
        var read = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var into = new Dictionary<string, long>();
            KernelCounters.Read(Encoding.UTF8.GetString(Mutate(counters, random)).Split('\n'), into);
            Assert.All(into, c => Assert.InRange(c.Value, 0, 1_000_000_000_000));
            var users = PacketQueueUsers.Parse(Encoding.UTF8.GetString(Mutate(queues, random)).Split('\n'));
            Assert.All(users, u => Assert.InRange(u.Number, 0, 65_535));
            read += into.Count > 0 && users.Count > 0 ? 1 : 0;
        }

        Assert.True(read > Rounds / 4, $"{read}");
    }

    [Fact]
    public void Packet_queues_say_who_holds_how_many()
    {
        var users = PacketQueueUsers.Parse(["    5   1234    17 2 65531     3     4       99  1", " 4226 4294962041     0 2 80 0 0 1 1"]);
        Assert.Equal([new PacketQueueUser(5, 1234, "", 17, 7), new PacketQueueUser(4226, 0, "", 0, 0)], users);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"version\":2}")]
    [InlineData("{\"peers\":null}")]
    [InlineData("{\"peers\":[null]}")]
    [InlineData("{\"programs\":[{\"name\":null,\"origin\":\"process\"}]}")]
    [InlineData("{\"watchedSeconds\":1e300}")]
    [InlineData("{\"peers\":[{\"program\":0,\"address\":\"1.2.3.4\",\"port\":1,\"tried\":9223372036854775807}]}")]
    [InlineData("{\"notes\":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}")]
    public void Facts_that_are_none_are_refused_in_one_line(string text)
    {
        var e = Assert.Throws<FactsProblemException>(() => FactsJson.Read(Encoding.UTF8.GetBytes(text)));
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void An_index_that_leads_nowhere_is_no_crash()
    {
        var facts = FactsJson.Read("""
            {"version":1,"source":"linux","peers":[{"program":77,"address":"not an address","port":-1,"halfOpen":40,"silent":40}],
             "descriptors":[{"program":-1,"open":5,"limit":5}],"windows":{},"tracking":{"count":9,"max":0,"drops":1}}
            """u8);
        Assert.NotEmpty(Examiner.Examine(facts).Findings);
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        for (var changes = random.Next(4); changes >= 0 && bytes.Length > 1; changes--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)"0123456789-.eE,:[]{}\"ntf "[random.Next(25)];
                    break;
                case 2:
                    bytes = bytes[..at];
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes[random.Next(at + 1)..]];
                    break;
                case 4:
                    bytes = [.. bytes[..at], .. Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]), .. bytes[at..]];
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return bytes;
    }

    private static readonly string[] Words =
        ["99999999999", "-1", "null", "SYN_SENT", "[::1]:", "1e12", "\"\"", "\u202E", "*:*", "65536", "users:((\"", "timer:(on,", "src=",
            "\t"];
}
