using System.Text;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;
using HalfOpen.Diagnosis.Texts;
using HalfOpen.Linux.Collecting;
using Xunit;

namespace HalfOpen.Tests.Diagnosis;

/// <summary>Texts of other people's tools.</summary>
public sealed class SavedTextTests
{
    [Theory]
    [InlineData("SYN_SENT", 1, 0)]
    [InlineData("SYN_GESENDET", 1, 0)]
    [InlineData("SYN_ENVIADO", 1, 0)]
    [InlineData("SYN_INVIATO", 1, 0)]
    [InlineData("SYN_WYSŁANO", 1, 0)]
    [InlineData("SYN_RECEIVED", 0, 0)]
    [InlineData("SYN_EMPFANGEN", 0, 0)]
    [InlineData("SYN_REÇU", 0, 0)]
    [InlineData("HERGESTELLT", 0, 1)]
    [InlineData("VERBUNDEN", 0, 1)]
    [InlineData("ESTABLECIDO", 0, 1)]
    [InlineData("確立", 0, 1)]
    [InlineData("SOMETHINGELSE", 0, 1)]
    [InlineData("WARTEND", 0, 0)]
    public void States_of_a_localised_netstat(string state, long halfOpen, long open)
    {
        var facts = Read($"  TCP    192.168.1.5:1043     198.51.100.4:6881   {state}   1234\r\n");
        Assert.Equal(FactsSource.NetstatText, facts.Source);
        Assert.NotNull(facts.Windows);
        var peer = Assert.Single(facts.Peers);
        Assert.Equal((halfOpen, open), (peer.HalfOpen, peer.Open));
    }

    [Fact]
    public void Netstat_b_names_programs_on_lines_of_their_own()
    {
        var facts = Read("  TCP    10.0.0.5:1043   198.51.100.4:6881   SYN_SENT   1234\n [uTorrent.exe]\n"
            + "  TCP    10.0.0.5:1044   198.51.100.5:80   ESTABLISHED   99\n [firefox.exe]\n");
        Assert.Equal(["uTorrent.exe", "firefox.exe"], facts.Programs.Select(p => p.Name));
        Assert.Equal(1234, facts.Programs[0].ProcessId);
    }

    [Fact]
    public void A_text_of_PowerShell_is_UTF_16()
    {
        byte[] bytes = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("  TCP  10.0.0.5:1043  198.51.100.4:6881  HERGESTELLT  12\r\n")];
        Assert.Equal(1, Assert.Single(SavedText.Read(bytes)!.Peers).Open);
    }

    [Fact]
    public void Netstat_of_Linux_and_BSD()
    {
        var linux = Read("tcp        0      1 10.0.0.5:43210      198.51.100.4:6881     SYN_SENT    1234/aria2c      on (2.24/2/0)\n");
        Assert.Null(linux.Windows);
        Assert.Equal("aria2c", Assert.Single(linux.Programs).Name);
        Assert.Equal((1, 1, 3), (linux.Peers[0].HalfOpen, linux.Peers[0].Silent, linux.Peers[0].Syns));
        var bsd = Read("tcp4       0      0  192.168.1.5.49153      198.51.100.4.5223    ESTABLISHED\n");
        Assert.Equal(("198.51.100.4", 5223), (bsd.Peers[0].Address, bsd.Peers[0].Port));
    }

    [Theory]
    [InlineData("SYN-SENT 0 1 10.0.0.5:43210 198.51.100.4:6881 users:((\"a b\",pid=7,fd=1),(\"c\",pid=8,fd=1)) timer:(on,1sec,2)", "a b",
        3)]
    [InlineData("tcp SYN-SENT 0 1 10.0.0.5:43210 198.51.100.4:https timer:(on,1sec,0) uid:1000 ino:5 sk:1", "a program of user 1000", 1)]
    [InlineData("0 1 10.0.0.5:43210 198.51.100.4:6881", "a program that the text does not name", 0)]
    [InlineData("SYN-SENT 0 1 [fd00::5]:43210 [2001:db8::4]:6881 users:((\"x\",pid=7,fd=1))", "x", 0)]
    public void Lines_of_ss(string line, string program, long syns)
    {
        var facts = Read(line);
        Assert.Equal(FactsSource.SsText, facts.Source);
        Assert.Equal(program, Assert.Single(facts.Programs).Name);
        Assert.Equal((1, syns), (facts.Peers[0].HalfOpen, facts.Peers[0].Syns));
        Assert.Equal(syns == 1 ? 0 : 1, facts.Peers[0].Silent); // one SYN so far is no silence; no word of it may be
    }

    [Fact]
    public void Lines_of_conntrack()
    {
        Assert.True(ConntrackText.TryParse("ipv4     2 tcp      6 118 SYN_SENT src=10.9.0.1 dst=198.18.0.3 sport=48016 dport=1014 "
            + "[UNREPLIED] src=198.18.0.3 dst=10.9.0.1 sport=1014 dport=48016 mark=0 zone=0 use=2", out var tcp));
        Assert.Equal(("tcp", "SYN_SENT", "10.9.0.1", 48016, "198.18.0.3", 1014, false, true),
            (tcp.Protocol, tcp.State, tcp.Source.ToString(), tcp.SourcePort, tcp.Destination.ToString(), tcp.DestinationPort, tcp.IsReplied,
                tcp.IsHalfOpen));
        Assert.True(ConntrackText.TryParse("udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=53 src=10.0.0.2 dst=10.0.0.1 sport=53 "
            + "dport=5 mark=0 use=1", out var udp));
        Assert.Equal(("udp", "REPLIED"), (udp.Protocol, udp.State));
        Assert.False(ConntrackText.TryParse("conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.", out _));
    }

    [Fact]
    public void Counters_are_pairs_of_lines()
    {
        var into = new Dictionary<string, long>();
        KernelCounters.Read(["TcpExt: SyncookiesSent ListenOverflows ListenDrops", "TcpExt: 1 22 33", "Tcp: ActiveOpens MaxConn",
            "Tcp: 7 -1"],
            into);
        Assert.Equal((22, 33, 7, 3), (into["TcpExt.ListenOverflows"], into["TcpExt.ListenDrops"], into["Tcp.ActiveOpens"], into.Count));
    }

    [Theory]
    [InlineData("4,1,2,-;nf_conntrack: nf_conntrack: table full, dropping packet", true)]
    [InlineData("4,1,2,-;nf_conntrack: nf_conntrack: table full in netns 4026532177, dropping packet", false)]
    [InlineData("4,1,2,-;nf_conntrack version 0.5.0 (65536 buckets, 262144 max)", false)]
    public void A_full_table_of_an_unnamed_namespace_in_the_log(string record, bool isFull) =>
        Assert.Equal(isFull, KernelLog.IsTableFull(record));

    [Fact]
    public void Losses_are_summed_over_processors()
    {
        string[] lines = ["entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error",
            "0000000c 00000000 0 0 0 0 0 0 0 0 0000000a 00000001 0", "0000000c 00000000 0 0 0 0 0 0 0 0 00000006 00000000 0"];
        Assert.Equal((16, 1), (TrackingTable.Sum(lines, "drop"), TrackingTable.Sum(lines, "early_drop")));
        Assert.Equal(0, TrackingTable.Sum(["nothing", "known"], "drop"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello world\nnothing here")]
    [InlineData("TCP\nTCP a b\ntcp 0 0 x y z")]
    public void What_is_none_of_them_is_null(string text) => Assert.Null(SavedText.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_size_beside_the_entries_is_taken()
    {
        var facts = SavedCase.Read("router-conntrack.txt");
        Assert.Equal(4096, facts.Tracking!.Max);
        Assert.Equal(Confidence.Inferred, Examiner.Examine(facts).Findings[0].Confidence);
    }

    private static MachineFacts Read(string text) => SavedText.Read(Encoding.UTF8.GetBytes(text))!;
}
