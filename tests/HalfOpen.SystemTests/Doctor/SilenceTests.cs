using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Doctor;

/// <summary>Who asks for a diagnosis sends nothing to anybody, unless he names a host to try.</summary>
public sealed partial class SilenceTests
{
    [Fact]
    public async Task Without_probe_no_packet_leaves_the_machine_and_with_it_some_do()
    {
        Needs.Root();
        Needs.Program("/usr/sbin/nft", "nftables");
        using var network = new TestNetwork();
        network.Listen(80);
        var held = Enumerable.Range(1, 40).Select(i => network.Connect($"10.79.0.{i}", 80)).ToArray();
        try
        {
            // What programs send, by IP and on the cable; not what the kernel says to its neighbours, and not the SYNs
            // of the attempts above, which it repeats. To itself it may: whether BPF works is tried by a connect that
            // no other machine sees.
            network.Machine.Run(() => Shell.Run("""
                nft -f - <<'END'
                table inet count {
                  counter sent { }
                  chain out { type filter hook output priority 300; policy accept;
                    ip daddr 10.79.0.0/16 return
                    oifname lo return
                    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } return
                    counter name sent
                  }
                }
                table netdev cable {
                  counter left { }
                  chain out { type filter hook egress device veth0 priority 0; policy accept;
                    ip daddr 10.79.0.0/16 return
                    ether type ip counter name left
                  }
                }
                END
                """));
            Assert.Equal((0, 0), Counted(network));
            var quiet = await DoctorAsync(network, "doctor --watch-for 3s --json");
            Assert.Contains("\"halfOpen\": 40", quiet, StringComparison.Ordinal);
            await DoctorAsync(network, "doctor --watch-for 0s");
            await DoctorAsync(network, "doctor --this-namespace --watch-for 1s");
            await DoctorAsync(network, "watch --once --for 1s");
            await DoctorAsync(network, "watch --once --for 1s --sample");
            Assert.Equal((0, 0), Counted(network));

            await DoctorAsync(network, "doctor --watch-for 0s --probe 10.78.0.1:80");
            var (sent, left) = Counted(network);
            Assert.True(sent > 0 && left > 0, $"{sent} packets sent, {left} on the cable");
        }
        finally
        {
            Array.ForEach(held, s => s.Dispose());
        }
    }

    private static async Task<string> DoctorAsync(TestNetwork network, string words)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", $"exec '{BuiltProgram.Script}' {words}"])
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = network.Machine.Run(() => Process.Start(start)!);
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0 or 1, await error);
        return output;
    }

    private static (int Sent, int Left) Counted(TestNetwork network)
    {
        var text = network.Machine.Run(() => Shell.Run("nft list counters"));
        var counts = Packets().Matches(text).ToDictionary(m => m.Groups[1].Value,
            m => int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture));
        return (counts["sent"], counts["left"]);
    }

    [GeneratedRegex(@"counter (sent|left) \{\s+packets ([0-9]+)")]
    private static partial Regex Packets();
}
