using System.Diagnostics;
using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// Somebody takes the guard's rules out: it notices, puts them back, says so, and knows when to give way.
/// </summary>
public sealed class RulesGoneTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Theory]
    [InlineData("nft flush ruleset")]
    [InlineData("nft flush table ip halfopen")]
    [InlineData("nft delete table ip halfopen; nft delete table ip6 halfopen")]
    [InlineData("nft insert rule ip halfopen output_syns accept")]
    [InlineData("nft add table ip halfopen '{ flags dormant; }'")]
    [InlineData("nft flush ruleset; echo '*filter\n:INPUT ACCEPT\nCOMMIT' | iptables-restore")]
    public void Rules_that_somebody_removes_are_put_back_at_once(string removal)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "1", "--policy", "fifo"]);
        using var silent = network.Connect("10.79.0.1", 80);
        GuardVerbTests.Until(guard, s => s["counted"]!.GetValue<int>() == 1);
        network.Machine.Run(() => Shell.Run(removal));
        Thread.Sleep(1000);
        using var held = network.Connect("10.78.0.1", 80);
        GuardVerbTests.Until(guard, s => s["waiting"]!.GetValue<int>() == 1);
        var rules = GuardVerbTests.Status(guard)["rules"]!;
        Assert.True(rules["inPlace"]!.GetValue<bool>() && rules["putBack"]!.GetValue<int>() > 0, rules.ToJsonString());
        silent.Dispose();
        Assert.True(held.Poll(5_000_000, SelectMode.SelectWrite));
        guard.Signal("TERM");
        Assert.Contains("somebody removed or changed the guard's rules", guard.End().Error, StringComparison.Ordinal);
        Assert.Equal("", network.Machine.Run(() => Shell.Run("nft list tables | grep halfopen || true")));
    }

    [Fact]
    public void It_gives_way_to_whoever_removes_them_again_and_again_until_it_is_told_to_reload()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        var config = Path.Combine(_folder, "guard.conf");
        File.WriteAllText(config, "policy = fifo\nlimit = 1\n");
        using var guard = new GuardProcess(network.Machine, _folder, ["--config", config]);
        network.Machine.Run(() => Shell.Run("for i in 1 2 3 4 5 6; do nft flush ruleset; sleep 0.2; done"));
        GuardVerbTests.Until(guard, s => s["rules"]!["gaveWay"]!.GetValue<bool>());
        Assert.Equal("", network.Machine.Run(() => Shell.Run("nft list tables")));
        Assert.Contains("NO LIMIT", guard.Run("status").Out, StringComparison.Ordinal);
        using var silent = network.Connect("10.79.0.1", 80);
        using var passes = network.Connect("10.78.0.1", 80);
        Assert.True(passes.Poll(5_000_000, SelectMode.SelectWrite));

        guard.Signal("HUP");
        // it counts what began meanwhile
        GuardVerbTests.Until(guard, s => s["rules"]!["inPlace"]!.GetValue<bool>() && s["counted"]!.GetValue<int>() == 1);
        using var held = network.Connect("10.78.0.1", 80);
        GuardVerbTests.Until(guard, s => s["waiting"]!.GetValue<int>() == 1);
        guard.Signal("TERM");
        Assert.Single(guard.End().Error.Split('\n'), l => l.Contains("giving way", StringComparison.Ordinal));
    }

    /// <summary>
    /// Docker, fail2ban and kube-proxy change theirs all day. A list of ours that the kernel could not give at one
    /// moment was taken for rules that had gone: put back, which loses what is held, and given up after five times.
    /// </summary>
    [Fact]
    public void Others_may_change_theirs_as_often_as_they_like()
    {
        Needs.Root();
        const string Change = "add table ip others; add chain ip others some; delete table ip others";
        using var network = new TestNetwork();
        using var others = network.Machine.Run(() => Process.Start(new ProcessStartInfo("/usr/sbin/nft", "-i")
            { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!);
        var changes = new Thread(() =>
        {
            try
            {
                while (true)
                {
                    others.StandardInput.WriteLine(Change);
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The test has ended it.
            }
        })
        { IsBackground = true, Name = "others" };
        try
        {
            network.Machine.Run(() =>
            {
                using var rules = new ThrowawayRules(RuleBackend.Nft);
                rules.Install(new GuardOptions { Containers = true }, default);
                changes.Start();
                for (var i = 0; i < 20_000; i++)
                {
                    Assert.True(rules.AreIntact(), $"at look {i}");
                }

                Assert.False(others.HasExited);
                Shell.Run("nft delete table ip6 halfopen");
                Assert.False(rules.AreIntact());
                Assert.Null(rules.PutBack());
                Assert.True(rules.AreIntact());
                rules.Remove();
            });
        }
        finally
        {
            others.Kill();
            others.WaitForExit();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
