using HalfOpen.SystemTests.Control;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Kernels;

/// <summary>Where outcomes come from when the best source cannot be had: it is never silent about it.</summary>
public sealed class OutcomeSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    /// <summary>As on a kernel that refuses our program, or in a container without the right to load one.</summary>
    [Fact]
    public void Without_bpf_it_takes_the_next_source_and_says_so_everywhere()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new GuardProcess(network.Machine, _folder, ["--metrics", "127.0.0.1:9226"],
            ["/usr/bin/setpriv", "--no-new-privs", "--bounding-set", "-bpf,-perfmon,-sys_admin"]);
        Assert.Contains("\"outcomeSource\":\"nflog\"", guard.FirstLine, StringComparison.Ordinal);
        Assert.Contains("\"outcomeProblem\":\"no BPF: cannot make a BPF", guard.FirstLine, StringComparison.Ordinal);
        Assert.Contains("less is known: no BPF: cannot make a BPF", guard.Run("status").Out, StringComparison.Ordinal);
        var metrics = network.Machine.Run(() => Shell.Run("curl -s http://127.0.0.1:9226/metrics"));
        Assert.Contains("halfopen_outcome_source_info{source=\"nflog\",problem=\"no BPF: ", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public void Bpf_that_was_asked_for_and_cannot_be_had_is_an_error()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new GuardProcess(network.Machine, _folder, ["--outcomes", "bpf"],
            ["/usr/bin/setpriv", "--no-new-privs", "--bounding-set", "-bpf,-perfmon,-sys_admin"]);
        var (code, error) = guard.End();
        Assert.Equal(1, code);
        Assert.Contains("cannot make a BPF", error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
