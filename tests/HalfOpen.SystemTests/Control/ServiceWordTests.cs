using System.Net.Sockets;
using System.Text.Json.Nodes;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Control;

/// <summary>The word given to a service manager is true: ready is ready, a reload that failed has failed.</summary>
public sealed class ServiceWordTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    /// <summary>A race: one start in five said ready.</summary>
    [Fact]
    public void A_guard_that_cannot_write_its_record_file_never_says_ready()
    {
        Needs.Root();
        var notify = Path.Combine(_folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(notify));
        using var network = new TestNetwork();
        for (var i = 0; i < 15; i++)
        {
            using var guard = new GuardProcess(
                network.Machine, _folder, ["--record", "/nonexistent/\u202eevents.log"], null, notify);
            Assert.StartsWith("{\"error\":\"cannot write the record file", guard.FirstLine, StringComparison.Ordinal);
            var (code, error) = guard.End();
            Assert.Equal(1, code);
            Assert.StartsWith("halfopen: cannot write the record file /nonexistent/?events.log: ", error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd('\n').Split('\n'));
        }

        Assert.Equal(0, systemd.Available);
    }

    [Fact]
    public void A_reload_of_a_broken_file_fails_where_the_unit_asks_for_it()
    {
        Needs.Root();
        var unit = File.ReadAllLines(Path.Combine(BuiltProgram.Root, "packaging", "halfopen-guard.service"));
        var reload = unit.Single(l => l.StartsWith("ExecReload=", StringComparison.Ordinal)).Split(' ');
        Assert.Equal("ExecReload=/usr/lib/halfopen/halfopen", reload[0]);
        using var network = new TestNetwork();
        var config = Path.Combine(_folder, "guard.conf");
        File.WriteAllText(config, "limit = 7\n");
        using var guard = new GuardProcess(network.Machine, _folder, ["--config", config]);
        File.WriteAllText(config, "limit = 8\nqueue = 99\n");
        Assert.Equal((0, "The configuration was read again. A restart is needed for: queue number.\n", ""), guard.Run(reload[1..]));
        Assert.Equal(8, GuardVerbTests.Status(guard)["limit"]!.GetValue<int>());
        File.WriteAllText(config, "limit = 9\nlimit = \e[2J\n");
        var (code, _, error) = guard.Run(reload[1..]);
        Assert.Equal((1, $"halfopen: the guard refuses: {config} line 2: limit is set twice.\n"), (code, error));
        Assert.Equal(8, GuardVerbTests.Status(guard)["limit"]!.GetValue<int>());
        guard.Signal("TERM");
        Assert.Contains("configuration not changed", guard.End().Error, StringComparison.Ordinal);
        Assert.Equal(1, guard.Run(reload[1..]).Code); // nobody there
    }

    /// <summary>As under the unit: read-only except for what the unit makes, and with its capabilities only.</summary>
    [Fact]
    public void A_record_can_be_written_where_the_unit_lets_it()
    {
        Needs.Root();
        var unit = File.ReadAllLines(Path.Combine(BuiltProgram.Root, "packaging", "halfopen-guard.service"));
        Assert.Contains("StateDirectory=halfopen", unit);
        Assert.Contains("#record = /var/lib/halfopen/events.log",
            File.ReadAllLines(Path.Combine(BuiltProgram.Root, "packaging", "guard.conf")));
        var capabilities = unit.Single(l => l.StartsWith("CapabilityBoundingSet=", StringComparison.Ordinal))[22..].Split(' ')
            .Select(c => "+" + c.Replace("CAP_", "", StringComparison.Ordinal).ToLowerInvariant());
        var record = Path.Combine(_folder, "events.log");
        using var network = new TestNetwork();
        string[] sandbox = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
            $"mount --bind {_folder} {_folder} && mount -o remount,bind,ro / && exec setpriv --no-new-privs --bounding-set -all,"
                + string.Join(',', capabilities) + " \"$@\"", "sh"];
        using (var guard = new GuardProcess(network.Machine, _folder, ["--record", record], sandbox))
        {
            Assert.Equal("ready", JsonNode.Parse(guard.FirstLine)?["event"]?.GetValue<string>());
            using var attempt = network.Connect("10.79.0.1", 80);
            GuardVerbTests.Until(guard, s => s["halfOpen"]!.GetValue<int>() == 1); // it has seen it
            guard.Signal("TERM");
            Assert.Equal(0, guard.End().Code);
        }

        Assert.Contains("submit", File.ReadAllText(record), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
