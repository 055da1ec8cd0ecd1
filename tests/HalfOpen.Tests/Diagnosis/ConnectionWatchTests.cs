using System.Net;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;
using HalfOpen.Diagnosis.Gathering;
using Xunit;

namespace HalfOpen.Tests.Diagnosis;

/// <summary>Connections of a table that says neither repeats nor times (Windows).</summary>
public sealed class ConnectionWatchTests
{
    private static readonly IPAddress Own = IPAddress.Parse("192.168.1.5");
    private readonly FactsBuilder _builder = new();
    private readonly ConnectionWatch _watch;

    public ConnectionWatchTests() =>
        _watch = new ConnectionWatch(_builder, p => new ProgramFacts($"program {p}", NameOrigin.Process, p));

    [Fact]
    public void Attempts_are_told_by_what_they_become()
    {
        var answered = Socket(1, SocketStage.HalfOpen, 1001, "198.51.100.1");
        var silent = Socket(1, SocketStage.HalfOpen, 1002, "198.51.100.2");
        var gone = Socket(1, SocketStage.HalfOpen, 1003, "198.51.100.3");
        var brief = Socket(1, SocketStage.HalfOpen, 1004, "198.51.100.4");
        _watch.Round([answered, silent, gone], 0);
        _watch.Round([answered with { Stage = SocketStage.Open }, silent, gone, brief], 2);
        _watch.Round([silent, gone], 3); // what was brief may have been refused: nobody tells
        _watch.Round([silent, Socket(2, SocketStage.Open, 1005, "198.51.100.5")], 21, isLast: true);
        var peers = _builder.Build(new MachineFacts(), null).Peers.ToDictionary(p => p.Address);
        Assert.Equal((1, 1, 0, 0), Ends(peers["198.51.100.1"]));
        Assert.Equal((1, 0, 0, 1), Ends(peers["198.51.100.2"]));
        Assert.Equal((1, 21.0), (peers["198.51.100.2"].Silent, peers["198.51.100.2"].SilentSeconds));
        Assert.Equal((1, 0, 1, 0), Ends(peers["198.51.100.3"]));
        Assert.Equal((1, 0, 0, 0), Ends(peers["198.51.100.4"]));
        Assert.Equal((1, 1, 0, 0), Ends(peers["198.51.100.5"])); // opened and answered between two looks
    }

    [Fact]
    public void Who_came_in_made_no_attempt_and_the_young_are_not_silent()
    {
        var server = Socket(1, SocketStage.Listening, 80, "0.0.0.0");
        _watch.Round([server], 0);
        _watch.Round([server, Socket(1, SocketStage.Open, 80, "198.51.100.1"), Socket(1, SocketStage.HalfOpen, 1001, "198.51.100.2"),
            new ConnectionSeen(1, SocketStage.HalfOpen, IPAddress.Loopback, 1002, IPAddress.Loopback, 9)], 1, isLast: true);
        var facts = _builder.Build(new MachineFacts(), (1000, 1009));
        var peers = facts.Peers.ToDictionary(p => p.Address);
        Assert.Equal((0, 1), (peers["198.51.100.1"].Tried, peers["198.51.100.1"].Inbound));
        Assert.Equal((1, 0), (peers["198.51.100.2"].HalfOpen, peers["198.51.100.2"].Silent));
        Assert.Equal((2, 2), (peers.Count, facts.Ports!.InUse));
    }

    [Fact]
    public void A_Windows_of_today_has_no_limit_and_is_told_so()
    {
        ConnectionSeen[] dead = [.. Enumerable.Range(0, 60)
            .Select(i => Socket(7, SocketStage.HalfOpen, 2000 + i, $"198.18.{i * 3}.9", i * 7))];
        _watch.Round(dead, 0);
        _watch.Round(dead, 9, isLast: true);
        var facts = _builder.Build(new MachineFacts
        {
            Source = FactsSource.Windows, View = ViewKind.Sampled, WatchedSeconds = 9,
            Windows = new WindowsFacts { System = "Windows", Limiter = WindowsLimiter.OtherDesign, Events = [] },
        }, (49_152, 65_535));
        var finding = Examiner.Examine(facts).Findings[0];
        Assert.Equal(FindingKinds.HalfOpenProgram, finding.Name);
        Assert.Contains("This Windows has no limit", finding.NotExplained, StringComparison.Ordinal);
        Assert.All(finding.Evidence, e => Assert.DoesNotContain("ss -", e.Command, StringComparison.Ordinal));
        Assert.All(finding.Remedies, r => Assert.DoesNotContain("sudo", r.Command, StringComparison.Ordinal));
    }

    [Fact]
    public void Who_gives_up_quickly_and_tries_again_is_no_healthy_program()
    {
        ConnectionSeen[] Batch(int from) => [.. Enumerable.Range(0, 60)
            .Select(i => Socket(7, SocketStage.HalfOpen, from + i, $"198.18.{i * 3}.9", i * 7))];
        _watch.Round(Batch(2000), 0);
        _watch.Round(Batch(2000), 4);
        _watch.Round(Batch(3000), 5, isLast: true);
        var facts = _builder.Build(new MachineFacts
        {
            Source = FactsSource.Windows, View = ViewKind.Sampled, WatchedSeconds = 5,
            Windows = new WindowsFacts { Limiter = WindowsLimiter.OtherDesign, Events = [] },
        }, null);
        Assert.StartsWith("Program 7 keeps trying addresses that do not answer: it holds 60 of the 60",
            Examiner.Examine(facts).Verdict, StringComparison.OrdinalIgnoreCase);
    }

    private static (long Tried, long Answered, long GaveUp, long HalfOpen) Ends(PeerFacts p) => (p.Tried, p.Answered, p.GaveUp, p.HalfOpen);

    private static ConnectionSeen Socket(uint process, SocketStage stage, int port, string remote, int remotePort = 6881) =>
        new(process, stage, Own, port, IPAddress.Parse(remote), remotePort);
}
