using System.Diagnostics;
using System.Text.Json;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Doctor;

/// <summary>Doctor as root of the machine sees into network namespaces that are not its own.</summary>
public sealed class NamespaceTests
{
    /// <summary>More than other tests make meanwhile: the biggest three have a finding each.</summary>
    private const int Attempts = 240;

    [Fact]
    public async Task A_storm_in_a_namespace_of_ip_netns_is_seen_from_outside_and_said_to_be_there()
    {
        Needs.Root();
        Needs.Program("/usr/bin/python3", "python3");
        var name = $"halfopen-test-{Environment.ProcessId}";
        Shell.Run($"ip netns add {name}");
        try
        {
            // No way out is needed: nobody listens at the other end of this cable.
            Shell.Run($"ip -n {name} link add veth0 type veth peer name veth1; ip -n {name} addr add 31.0.0.1/24 dev veth0; "
                + $"ip -n {name} link set veth0 up arp off; ip -n {name} link set veth1 up arp off; "
                + $"ip -n {name} route add default dev veth0");
            using var storm = Process.Start(new ProcessStartInfo("/usr/sbin/ip",
                ["netns", "exec", name, "python3", "-c", "import socket,time\n"
                    + "s=[socket.socket() for _ in range(240)]\n"
                    + "[(a.setblocking(False), a.connect_ex(('20.%d.7.9' % i, 1000 + i * 7))) for i, a in enumerate(s)]\n"
                    + "print('ready', flush=True)\ntime.sleep(60)"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            try
            {
                Assert.Equal("ready", storm.StandardOutput.ReadLine());
                using var everywhere = await DoctorAsync("--watch-for", "4s");
                var programs = everywhere.RootElement.GetProperty("programs").EnumerateArray();
                var seen = programs.Single(p => p.GetProperty("namespace").GetString() == "network namespace " + name);
                Assert.Equal((Attempts, Attempts, storm.Id), (seen.GetProperty("halfOpen").GetInt32(),
                    seen.GetProperty("deadPeers").GetInt32(), seen.GetProperty("processId").GetInt32()));
                Assert.StartsWith("python3", seen.GetProperty("name").GetString(), StringComparison.Ordinal);
                var finding = everywhere.RootElement.GetProperty("findings").EnumerateArray()
                    .First(f => f.GetProperty("verdict").GetString()!.Contains(name, StringComparison.Ordinal));
                Assert.Equal("half-open-program", finding.GetProperty("name").GetString());
                Assert.Contains(finding.GetProperty("evidence").EnumerateArray(), e => e.GetProperty("command").GetString() is { } command
                    && command.StartsWith("sudo nsenter -t ", StringComparison.Ordinal));

                using var here = await DoctorAsync("--watch-for", "1s", "--this-namespace");
                Assert.DoesNotContain(name, here.RootElement.GetRawText(), StringComparison.Ordinal);
            }
            finally
            {
                storm.Kill();
                await storm.WaitForExitAsync();
            }
        }
        finally
        {
            Shell.Run($"ip netns del {name}");
        }
    }

    private static async Task<JsonDocument> DoctorAsync(params string[] words)
    {
        var (_, output, error) = await BuiltProgram.RunAsync(["doctor", "--json", .. words]);
        Assert.Equal("", error);
        return JsonDocument.Parse(output);
    }
}
