using System.Diagnostics;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>A guard that cannot have its own tables uses iptables, and is not silent about it.</summary>
public sealed class FallbackTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Fact]
    public void Where_its_tables_cannot_be_set_it_says_so_at_the_start_and_in_status()
    {
        Needs.Root();
        using var network = new TestNetwork();

        // A table that belongs to a process: nobody else may change it as long as that lives.
        using var owner = network.Machine.Run(() => Process.Start(
            new ProcessStartInfo("/usr/sbin/nft", ["-i"])
                { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!);
        try
        {
            owner.StandardInput.WriteLine("add table ip halfopen { flags owner ; }");
            owner.StandardInput.Flush();
            for (var i = 0; i < 200 && !network.Machine.Run(() => Shell.Run("nft list tables")).Contains("halfopen"); i++)
            {
                Thread.Sleep(20);
            }

            using var guard = new GuardProcess(network.Machine, _folder, []);
            const string Problem = "nf_tables: by its own means Operation not permitted (errno 1)";
            Assert.Contains("\"rules\":\"iptables\",\"outcomeSource", guard.FirstLine, StringComparison.Ordinal);
            Assert.Contains($"\"rulesProblem\":\"{Problem}", guard.FirstLine, StringComparison.Ordinal);
            Assert.Contains($"not in nf_tables of its own: {Problem}", guard.Run("status").Out, StringComparison.Ordinal);
            Assert.StartsWith(Problem, GuardVerbTests.Status(guard)["rules"]!["problem"]!.GetValue<string>(), StringComparison.Ordinal);
        }
        finally
        {
            owner.Kill();
            owner.WaitForExit();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
