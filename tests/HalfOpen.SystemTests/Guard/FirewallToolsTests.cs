using System.Diagnostics;
using HalfOpen.Linux;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// Real firewalls beside the guard, each with files of its own: started before it, told more and reloaded beside it.
/// </summary>
public sealed class FirewallToolsTests : IDisposable
{
    private const string Expected4 = "4004 mss 1200 dscp 0", Expected5 = "4005 mss 1460 dscp 10";

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Fact]
    public void Ufw()
    {
        Needs.Root();
        Needs.Program("/usr/sbin/ufw", "ufw");
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        Shell.Run($"cp -a /etc/ufw {_folder}/ufw; cp -a /etc/default {_folder}/default");
        File.AppendAllText(Path.Combine(_folder, "ufw", "before.rules"), """
            *raw
            -A OUTPUT -p tcp --dport 4001 -j DROP
            COMMIT
            *mangle
            -A OUTPUT -p tcp --dport 4004 --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
            -A OUTPUT -p tcp --dport 4005 -j DSCP --set-dscp 10
            COMMIT

            """);
        Run("ufw --force enable; ufw deny out 4002/tcp");
        Comparison.Run(network, network.Machine, _folder, [], () => Run("ufw deny out 4011/tcp; ufw reload"),
            ["4003 mss 1460 dscp 0", Expected4, Expected5]);

        void Run(string commands) => network.Machine.Run(() => Shell.Run(
            $"unshare -m sh -ec 'mount --bind {_folder}/ufw /etc/ufw; mount --bind {_folder}/default /etc/default; {commands}'"));
    }

    [Theory]
    [InlineData("nftables")]
    [InlineData("iptables")]
    public void Firewalld(string backend)
    {
        Needs.Root();
        Needs.Program("/usr/sbin/firewalld", "firewalld");
        Needs.Program("/usr/bin/dbus-daemon", "dbus-daemon");
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        File.WriteAllText(Path.Combine(_folder, "bus.conf"), $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>system</type><listen>unix:path={_folder}/bus</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>
            """);
        Shell.Run(
            $"cp -a /etc/firewalld {_folder}/etc; sed -i s/^FirewallBackend=.*/FirewallBackend={backend}/ {_folder}/etc/firewalld.conf");
        using var bus = Start(network.Machine, "/usr/bin/dbus-daemon", $"--config-file={_folder}/bus.conf", "--nofork");
        using var firewall = Start(
            network.Machine, "/usr/sbin/firewalld", "--nofork", "--nopid", $"--system-config={_folder}/etc",
                $"--log-file={_folder}/firewalld.log");
        try
        {
            Run("for i in $(seq 100); do firewall-cmd --state >/dev/null 2>&1 && break; sleep 0.1; done; firewall-cmd --state >/dev/null");
            Direct("raw OUTPUT 0 -p tcp --dport 4001 -j DROP");
            Direct("mangle OUTPUT 0 -p tcp --dport 4004 --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200");
            Run("firewall-cmd --reload");
            Comparison.Run(
                network,
                network.Machine,
                _folder,
                [],
                () =>
                {
                    Direct("mangle OUTPUT 0 -p tcp --dport 4005 -j DSCP --set-dscp 10");
                    Run("firewall-cmd --reload; firewall-cmd --complete-reload");
                },
                ["4003 mss 1460 dscp 0", Expected4, Expected5]);
        }
        finally
        {
            firewall.Kill();
            firewall.WaitForExit();
            bus.Kill();
            bus.WaitForExit();
        }

        void Direct(string rule) => Run($"firewall-cmd --permanent --direct --add-rule ipv4 {rule}");

        void Run(string commands) =>
            network.Machine.Run(() => Shell.Run($"export DBUS_SYSTEM_BUS_ADDRESS=unix:path={_folder}/bus; {commands}"));
    }

    /// <summary>
    /// The chains that Docker sets for a bridge, as its manual lists them, and a container behind it.
    /// </summary>
    [Fact]
    public void Chains_like_dockers()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        using var container = RouterTests.AddLan(network, "docker0");
        network.Machine.Run(() => Shell.Run("""
            for chain in DOCKER DOCKER-FORWARD DOCKER-BRIDGE DOCKER-CT DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2 DOCKER-USER; do iptables -N $chain; done
            iptables -P FORWARD DROP
            iptables -A FORWARD -j DOCKER-USER; iptables -A FORWARD -j DOCKER-FORWARD
            iptables -A DOCKER-FORWARD -j DOCKER-CT; iptables -A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1; iptables -A DOCKER-FORWARD -j DOCKER-BRIDGE
            iptables -A DOCKER-FORWARD -i docker0 -j ACCEPT
            iptables -A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            iptables -A DOCKER-BRIDGE -o docker0 -j DOCKER; iptables -A DOCKER ! -i docker0 -o docker0 -j DROP
            iptables -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2; iptables -A DOCKER-ISOLATION-STAGE-2 -o docker1 -j DROP
            iptables -A DOCKER-USER -p tcp --dport 4001 -j DROP
            iptables -t nat -N DOCKER; iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            iptables -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
            iptables -t nat -A POSTROUTING -s 10.76.0.0/24 ! -o docker0 -j MASQUERADE
            iptables -t raw -A PREROUTING -d 10.76.0.2/32 ! -i docker0 -j DROP
            iptables -t mangle -A FORWARD -p tcp --dport 4004 --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
            """));
        Comparison.Run(
            network,
            container,
            _folder,
            ["--containers"],
            () => network.Machine.Run(
                () => Shell.Run(
                    "iptables -I DOCKER-USER -p tcp --dport 4011 -j DROP; iptables -t mangle -I FORWARD -p tcp --dport 4005 -j DSCP "
                    + "--set-dscp 10")),
            ["4003 mss 1460 dscp 0", Expected4, Expected5]);
    }

    /// <summary>
    /// What Tailscale sets on a machine that routes for its network: a mark in FORWARD, by which nat masquerades later.
    /// </summary>
    [Fact]
    public void Chains_like_tailscales()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        using var peer = RouterTests.AddLan(network, "tailscale0");
        network.Machine.Run(() => Shell.Run("""
            iptables -N ts-input; iptables -N ts-forward; iptables -t nat -N ts-postrouting
            iptables -I INPUT -j ts-input; iptables -I FORWARD -j ts-forward; iptables -t nat -I POSTROUTING -j ts-postrouting
            iptables -A ts-input -s 100.115.92.0/23 ! -i tailscale0 -j RETURN; iptables -A ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP
            iptables -A ts-input -i tailscale0 -j ACCEPT; iptables -A ts-input -p udp --dport 41641 -j ACCEPT
            iptables -A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000
            iptables -A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT
            iptables -A ts-forward -s 100.64.0.0/10 -o tailscale0 -j DROP; iptables -A ts-forward -o tailscale0 -j ACCEPT
            iptables -t nat -A ts-postrouting -m mark --mark 0x40000/0xff0000 -j MASQUERADE
            iptables -t mangle -A FORWARD -p tcp --dport 4001 -j DROP
            iptables -t mangle -A FORWARD -p tcp --dport 4004 --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
            iptables -t mangle -A POSTROUTING -p tcp --dport 4012 -m mark ! --mark 0x40000/0xff0000 -j DROP
            """));
        Comparison.Run(
            network,
            peer,
            _folder,
            ["--router"],
            () => network.Machine.Run(() => Shell.Run("iptables -t mangle -I FORWARD -p tcp --dport 4005 -j DSCP --set-dscp 10")),
            ["4003 mss 1460 dscp 0", Expected4, Expected5, "4012 mss 1460 dscp 0"]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Process Start(NetworkNamespace where, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = $"unix:path={_folder}/bus";
        var process = where.Run(() => Process.Start(start)!);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
