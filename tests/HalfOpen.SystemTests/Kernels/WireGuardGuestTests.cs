using System.Net.Sockets;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Kernels;

/// <summary>
/// The kernel's own WireGuard, which Debian's kernels have and the machines that we develop on have not. Run inside
/// QEMU by <c>./test kernels</c>.
/// </summary>
public sealed class WireGuardGuestTests : IDisposable
{
    private const int Storm = 40, Pages = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    /// <summary>
    /// Everything to 10.78.0.0/16 and 10.79.0.0/16 goes through the tunnel: what a program sends into it is governed,
    /// the tunnel's own packets are not.
    /// </summary>
    [Fact(Explicit = true)]
    public void Connections_through_the_tunnel_are_governed_and_the_tunnel_is_not()
    {
        using var network = new TestNetwork();
        network.Listen(80, reset: false);
        var keys = Shell.Run("wg genkey; wg genkey").Split('\n');
        string[] pub = [.. keys.Take(2).Select(k => Shell.Run($"echo {k} | wg pubkey").Trim())];
        for (var i = 0; i < 2; i++)
        {
            File.WriteAllText(Path.Combine(_folder, $"key{i}"), keys[i]);
        }

        network.Internet.Run(() => Shell.Run(
            $"ip link add wg0 type wireguard; wg set wg0 private-key {_folder}/key1 listen-port 51821 peer {pub[0]} "
            + "allowed-ips 10.9.0.1/32; ip addr add 10.9.0.2/24 dev wg0; ip link set wg0 up"));
        network.Machine.Run(() => Shell.Run(
            $"ip link add wg0 type wireguard; wg set wg0 private-key {_folder}/key0 peer {pub[1]} endpoint 10.77.0.2:51821 "
            + "allowed-ips 10.9.0.2/32,10.78.0.0/16,10.79.0.0/16; ip addr add 10.9.0.1/24 dev wg0; ip link set wg0 up; "
            + "ip route add 10.78.0.0/16 dev wg0; ip route add 10.79.0.0/16 dev wg0"));
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 10, Policy = new FairOptions() });
        Socket[] storm = [.. Enumerable.Range(1, Storm).Select(i => network.Connect($"10.79.0.{i}", 80))];
        guard.Until(s => s.HalfOpen is > 5 and <= 10 && s.Waiting > 20, "the storm waits");

        // Another user beside it; 52 and 56: connected, and ended by the server without an answer.
        var pages = network.Machine.Run(() => Shell.Run(
            $"setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'n=0; for i in $(seq 1 {Pages}); do "
            + "c=0; curl -s -o /dev/null --max-time 30 http://10.78.0.$i/ || c=$?; "
            + "case $c in 52|56) n=$((n + 1)) ;; esac; done; echo $n'")).Trim();
        var then = guard.Status;
        if (!GuestTests.HasBpf)
        {
            return; // without it a program may stay unknown, and two silent programs of one user hold the headroom, too
        }

        Assert.True(pages == $"{Pages}", $"{pages} pages: {then} {then.Counters} {then.Totals} {string.Join(" ", then.Owners)}");
        var status = guard.Until(s => s.Totals.Established == Pages, "the pages were answered");
        Assert.Equal(Storm + Pages, status.Totals.Submitted);
        Assert.InRange(status.HalfOpen, 1, 10);
        var (received, sent) = network.Machine.Run(() => Shell.Run("wg show wg0 transfer")).Trim().Split('\t') is [_, var r, var s]
            ? (long.Parse(r), long.Parse(s)) : default;
        Assert.True(received > 0 && sent > 0, $"through the tunnel: {received} in, {sent} out");
        Array.ForEach(storm, s => s.Dispose());
        guard.Until(s => s is { Waiting: 0, HalfOpen: 0 }, "nothing is left");
        guard.Stop();
        Assert.DoesNotContain("halfopen", network.Machine.Run(() => Shell.Run("nft list ruleset")), StringComparison.OrdinalIgnoreCase);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
