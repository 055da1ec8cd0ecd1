using HalfOpen.Core;
using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Linux.Netlink;
using HalfOpen.SystemTests.Control;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>How a guard ends, and what happens when it cannot keep up: connections work again.</summary>
public sealed class EndingTests
{
    [Fact]
    public void A_clean_end_lets_out_what_is_held()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 1, Policy = new FifoOptions() });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        var held = Enumerable.Range(1, 100).Select(i => network.Connect($"10.78.1.{i}", 80)).ToList();
        guard.Until(s => s.Waiting == 100, "all wait");
        guard.Stop();
        Assert.All(held, s => Assert.True(s.Poll(5_000_000, SelectMode.SelectWrite)));
        Assert.Empty(network.Machine.Run(() => Shell.Run("iptables-save -t raw | grep NFQUEUE || true")));
        held.ForEach(s => s.Dispose());
    }

    /// <summary>
    /// 20 kills at seeded moments while attempts start, wait and end all the time: every live peer is reached all the
    /// same, by what was held, by what was out and by what comes after.
    /// </summary>
    [Fact]
    public async Task Kill_9_at_any_moment_loses_no_connection()
    {
        Needs.Root();
        await BuiltProgram.RunAsync(["--version"]); // it builds on first use
        var folder = Directory.CreateTempSubdirectory("halfopen-kills-");
        try
        {
            var seeds = Enumerable.Range(1, 20).ToArray();
            await Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = 5 }, (seed, _) =>
            {
                KillOnce(seed, folder.FullName);
                return ValueTask.CompletedTask;
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void KillOnce(int seed, string folder)
    {
        var random = new Random(seed);
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        using var guard = new GuardProcess(network.Machine, folder, ["--limit", "3"]);
        Assert.Contains("ready", guard.FirstLine, StringComparison.Ordinal);
        List<Socket> silent = [], alive = [];
        var killAt = random.Next(60);
        for (var step = 0; step < 80; step++)
        {
            if (step == killAt)
            {
                guard.Signal("KILL");
            }

            alive.Add(network.Connect($"10.78.1.{step + 1}", 8080));
            silent.Add(network.Connect($"10.79.0.{step + 1}", 80));
            if (step >= 20)
            {
                silent[step - 20].Dispose();
            }

            Thread.Sleep(5);
        }

        Assert.Equal(137, guard.End().Code); // 128 + SIGKILL
        foreach (var socket in alive)
        {
            Assert.True(socket.Poll(20_000_000, SelectMode.SelectWrite), $"seed {seed}: a connection was lost");
            Assert.Equal(0, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
            socket.Dispose();
        }

        silent.ForEach(s => s.Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_full_queue_passes_or_drops_as_configured(bool failOpen)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        network.Machine.Run(() =>
        {
            using var queue = new PacketQueue(9, maxLength: 5, failOpen);
            Shell.Run("iptables -w -t raw -A OUTPUT -p tcp --syn ! -o lo -j NFQUEUE --queue-num 9");
            var sockets = Enumerable.Range(1, 12).Select(i => Libc.Begin(Libc.Address(78, 256 + i), 80)).ToArray();
            var dropped = File.ReadAllText("/proc/thread-self/net/netfilter/nfnetlink_queue")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(failOpen ? 0 : 7, int.Parse(dropped[5]));

            // The five in the queue go out with one send, each by its own number.
            var count = queue.Receive();
            Assert.Equal(5, count);
            for (var i = 0; i < count; i++)
            {
                var reader = new NetlinkReader(queue.Datagram(i));
                Assert.True(reader.TryRead(out var message) & QueuedPacket.TryParse(message, out var packet));
                Assert.Equal(0u, packet.Uid);
                queue.Verdict(packet.Id, accept: true);
            }

            queue.Flush();
            Array.ForEach(sockets, s => _ = Libc.Close(s));
        });
    }

    [Fact]
    public void A_limit_changes_under_load_and_nothing_is_lost()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine,
            new GuardOptions { Limit = 5, Outcomes = OutcomeChoice.Bpf, ReconcileEvery = TimeSpan.FromMilliseconds(100) });
        var load = Task.Run(() => network.Machine.Run(() => Churn.Run(20_000, open: 300, seed: 3)), TestContext.Current.CancellationToken);
        var random = new Random(4);
        for (var i = 0; i < 50 || !load.IsCompleted; i++)
        {
            guard.Session.SetLimit(1 + random.Next(100));
            if (i % 10 == 0)
            {
                guard.Session.Reload(
                    guard.Session.Options with
                        { Policy = PolicyTable.Shipped.Rows[random.Next(PolicyTable.Shipped.Rows.Count)].Default,
                            HoldCap = TimeSpan.FromSeconds(30 + random.Next(30)) });
            }

            Thread.Sleep(5);
        }

        var status = guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0 && s.Reconciliation.KernelSynSent == 0, "nothing is left");
        Assert.Equal(guard.Session.Options.Limit, status.Limit);
        Assert.Equal(0, status.Reconciliation.SlotsRecovered + status.Reconciliation.HeldRecovered);
    }

    [Fact]
    public async Task A_recording_replays_to_the_same_decisions()
    {
        Needs.Root();
        var file = Path.Combine(Path.GetTempPath(), $"halfopen-record-{Environment.ProcessId}.jsonl");
        try
        {
            long started;
            using (var network = new TestNetwork())
            {
                network.Listen(80);
                using var guard =
                    new RunningGuard(network.Machine, new GuardOptions { Limit = 5, Policy = new FifoOptions(), RecordFile = file });
                network.Machine.Run(() => Churn.Run(2000, open: 50, seed: 5));
                started = guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0, "nothing is left").Totals.Started;
            }

            var (code, output, error) = await BuiltProgram.RunAsync(["replay", "--policy", "fifo", "--limit", "5", file]);
            Assert.True(code == 0, error);
            var replayed = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Sum(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("started").GetArrayLength());
            Assert.Equal(started, replayed);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
