using System.Net.Sockets;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>Nobody is woken for an outcome that nobody waits for; whoever waits is not forgotten.</summary>
public sealed class WakeTests : IDisposable
{
    private const int Connections = 300;
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    /// <summary>Where slots are on lease to the kernel, not even that.</summary>
    [Theory]
    [InlineData("no", 1, Connections * 3 / 2)]
    [InlineData("yes", 0, Connections / 4)]
    public void While_nothing_waits_an_attempt_wakes_the_guard_once(string lease, int least, int most)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new GuardProcess(network.Machine, _folder, ["--outcomes", "bpf", "--lease", lease]);
        Connect(network, 10);
        var before = Sleeps(guard.Id);
        Connect(network, Connections);
        Assert.InRange(Sleeps(guard.Id) - before, least, most); // a few are the clock's
        GuardVerbTests.Until(guard, s => s["totals"]!["established"]!.GetValue<int>() == Connections + 10);
    }

    /// <summary>Outcomes come while the guard falls asleep with something held: none may be slept through.</summary>
    [Fact]
    public void What_waits_is_woken_by_each_outcome()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new GuardProcess(
            network.Machine, _folder, ["--outcomes", "bpf", "--limit", "1", "--policy", "fifo", "--reconcile-every", "1h"]);
        for (var i = 1; i <= Connections; i++)
        {
            using var first = network.Connect("10.79.0.1", 80);
            using var second = network.Connect($"10.78.{i % 250}.1", 80);
            first.Dispose();
            Assert.True(second.Poll(10_000_000, SelectMode.SelectWrite), $"connection {i} was forgotten");
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Connect(TestNetwork network, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            using var socket = network.Connect($"10.78.{i % 250}.1", 80);
            Assert.True(socket.Poll(10_000_000, SelectMode.SelectWrite));
        }
    }

    /// <summary>How often the guard's own thread went to sleep.</summary>
    private static long Sleeps(int process)
    {
        var task = Directory.GetDirectories($"/proc/{process}/task").Single(t => File.ReadAllText(t + "/comm") == "guard\n");
        var line = File.ReadLines(task + "/status").Single(l => l.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1]);
    }
}
