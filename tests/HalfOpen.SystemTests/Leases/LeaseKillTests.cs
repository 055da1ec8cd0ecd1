using System.Net.Sockets;
using HalfOpen.SystemTests.Control;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Leases;

/// <summary>The guard is killed while its slots are out on lease, again and again, at random moments.</summary>
public sealed class LeaseKillTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Fact]
    public async Task Killed_with_leases_out_nothing_is_blocked_and_nothing_is_lost()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(() => network.Machine.Run(() =>
        {
            for (var seed = 0; !stop.IsCancellationRequested; seed++)
            {
                Churn.Run(2000, open: 60, seed);
            }
        }));
        var random = new Random(42);
        var leased = 0L;
        for (var round = 0; round < 6; round++)
        {
            using var guard = new GuardProcess(network.Machine, _folder, ["--lease", "yes", "--limit", "200"]);
            Assert.Contains("\"lease\":true", guard.FirstLine, StringComparison.Ordinal);
            for (var look = 0; look < 20 && Started(guard) == 0; look++)
            {
                Thread.Sleep(100); // a busy machine begins later
            }

            Thread.Sleep(random.Next(300));
            leased += Started(guard);
            guard.Signal("KILL");
            guard.End();
            using var passes = network.Connect("10.78.0.1", 80);
            Assert.True(passes.Poll(5_000_000, SelectMode.SelectWrite), "blocked after a kill");
        }

        Assert.True(leased > 0, "nothing was on lease");
        using var last = new GuardProcess(network.Machine, _folder, ["--lease", "yes", "--limit", "200", "--reconcile-every", "200ms"]);
        await stop.CancelAsync();
        await churn;
        GuardVerbTests.Until(last, s => s["halfOpen"]!.GetValue<int>() == 0 && s["waiting"]!.GetValue<int>() == 0
            && s["lease"]!["free"]!.GetValue<int>() == 100);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static long Started(GuardProcess guard) => GuardVerbTests.Status(guard)["lease"]!["started"]!.GetValue<long>();
}
