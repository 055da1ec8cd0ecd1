using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// A transparent proxy on the machine itself answers for every host, the dead ones too: what it answers says nothing
/// about them, and its own attempts to them take slots as anybody's.
/// </summary>
public sealed class LocalProxyTests
{
    private const uint Ann = 42_001;
    private const uint Bob = 42_002;

    /// <summary>
    /// Netfilter changes the destination (redsocks), or routing brings the packet here as it is (TPROXY).
    /// </summary>
    private const string Redirect = "iptables -t nat -A OUTPUT -p tcp -m owner --uid-owner 42002 -j REDIRECT --to-ports 12345; "
        + "ip6tables -t nat -A OUTPUT -p tcp -m owner --uid-owner 42002 -j REDIRECT --to-ports 12345";

    private const string Transparent = "iptables -t mangle -A OUTPUT -p tcp -m owner --uid-owner 42002 -j MARK --set-mark 7; "
        + "ip rule add fwmark 7 lookup 107; ip route add local default dev lo table 107; "
        + "iptables -t mangle -A PREROUTING -i lo -p tcp -m mark --mark 7 -j TPROXY --on-port 12345 --on-ip 127.0.0.1";

    /// <summary>Whom a redirected connection is meant for is asked as every such program asks.</summary>
    private const string Proxy = """
        import select, socket, struct, sys
        both = sys.argv[1] == 'both'
        listener = socket.socket(socket.AF_INET6 if both else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tproxy = sys.argv[1] == 'tproxy'
        if tproxy:
            listener.setsockopt(socket.SOL_IP, 19, 1)
        listener.bind(('::' if both else '127.0.0.1', 12345)); listener.listen(4096)
        out = {}
        poll = select.poll(); poll.register(listener, select.POLLIN)
        while True:
            for f, _ in poll.poll():
                if f == listener.fileno():
                    s, _ = listener.accept()
                    if tproxy:
                        to = s.getsockname()
                    else:
                        raw = s.getsockopt(socket.SOL_IP, 80, 16)
                        to = (socket.inet_ntoa(raw[4:8]), struct.unpack('!H', raw[2:4])[0])
                    onward = socket.socket(); onward.setblocking(False)
                    onward.connect_ex(to)
                    out[onward.fileno()] = (onward, s); poll.register(onward, select.POLLOUT)
                    out[s.fileno()] = (s, onward); poll.register(s, select.POLLRDHUP)
                elif f in out:
                    mine, other = out.pop(f); out.pop(other.fileno(), None)
                    for each in (mine, other):
                        poll.unregister(each); each.close()
        """;

    private const string App = """
        import itertools, socket, time
        kept = []
        for i in itertools.count():
            s = socket.socket(); s.settimeout(20)
            try:
                s.connect((f'10.79.1.{i % 100 + 1}', 80))
            except OSError:
                time.sleep(0.1)
            kept.append(s)
            if len(kept) > 300:
                kept.pop(0).close()
            time.sleep(0.002)
        """;

    [Theory]
    [InlineData(10, "redirect", OutcomeChoice.Bpf)]
    [InlineData(10, "redirect", OutcomeChoice.Nflog)]
    [InlineData(100, "redirect", OutcomeChoice.Bpf)]
    [InlineData(10, "both", OutcomeChoice.Bpf)]
    [InlineData(10, "tproxy", OutcomeChoice.Bpf)]
    [InlineData(10, "tproxy", OutcomeChoice.Nflog)]
    public void What_a_local_proxy_answers_makes_no_host_known(int limit, string proxy, OutcomeChoice outcomes)
    {
        Needs.Root();
        Needs.Program("/usr/bin/python3", "python3");
        using var network = new TestNetwork();
        network.Listen(80);
        network.Machine.Run(() => Shell.Run(proxy == "tproxy" ? Transparent : Redirect));
        using var load = new Load(network.Machine);
        File.WriteAllText(Path.Combine(load.Folder, "proxy.py"), Proxy);
        File.WriteAllText(Path.Combine(load.Folder, "app.py"), App);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = limit, Outcomes = outcomes });
        load.As(0, "/usr/bin/python3", "proxy.py", proxy);
        // Without BPF each of the app's own attempts keeps a slot until the next comparison: it begins few.
        PagesBeside(load, guard, limit, outcomes == OutcomeChoice.Bpf ? 90 : 12);
    }

    [Fact]
    public void Redsocks_makes_no_host_known()
    {
        Needs.Root();
        Needs.Program("/usr/sbin/redsocks", "redsocks");
        Needs.Program("/usr/bin/microsocks", "microsocks");
        using var network = new TestNetwork();
        network.Listen(80);
        network.Machine.Run(() => Shell.Run(Redirect));
        using var load = new Load(network.Machine);
        File.WriteAllText(Path.Combine(load.Folder, "app.py"), App);
        File.WriteAllText(Path.Combine(load.Folder, "redsocks.conf"), """
            base { log_debug = off; log_info = off; daemon = off; redirector = iptables; redsocks_conn_max = 1000; }
            redsocks { local_ip = 127.0.0.1; local_port = 12345; ip = 127.0.0.1; port = 1080; type = socks5; }

            """);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 10, Outcomes = OutcomeChoice.Bpf });
        load.As(0, "/usr/bin/microsocks", "-i", "127.0.0.1", "-p", "1080");
        load.As(0, "/usr/sbin/redsocks", "-c", "redsocks.conf");
        PagesBeside(load, guard, 10, 90);
    }

    /// <summary>Another user's pages, while a proxy tries dead hosts.</summary>
    private static void PagesBeside(Load load, RunningGuard guard, int limit, int tries)
    {
        Thread.Sleep(500); // it listens
        load.As(Bob, "/usr/bin/python3", "app.py");
        guard.Until(s => s.HalfOpen + s.Waiting >= tries && s.Counters.AnsweredHere > 0, "the proxy tries the dead hosts");
        for (var page = 0; page < 5; page++)
        {
            var (connected, ms) = load.Page(Ann, patienceMs: 10_000);
            var status = guard.Status;
            TestContext.Current.SendDiagnosticMessage(
                $"limit {limit}: {connected} of 30 in {ms} ms, {status.HalfOpen} half-open, {status.Waiting} wait");
            Assert.Equal(30, connected);
            Thread.Sleep(500);

            // The app's own are out for microseconds.
            Assert.InRange(guard.Status.HalfOpen, 0, limit + 2);
        }
    }
}
