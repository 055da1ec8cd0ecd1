using System.Text.Json;
using System.Text.RegularExpressions;
using HalfOpen.SystemTests.Control;
using HalfOpen.SystemTests.Guard;
using HalfOpen.Tests.Watch;
using Xunit;

namespace HalfOpen.SystemTests.Watch;

/// <summary>The built program watches real programs, with BPF and without, beside a guard, on a terminal.</summary>
public sealed partial class WatchTests
{
    private const string Enter = "\e[?1049h";
    private const string Leave = "\e[?25h\e[?1049l";

    [Fact]
    public async Task Events_show_dead_peers_and_every_attempt_of_a_millisecond()
    {
        Needs.Root();
        using var network = new WatchedNetwork();
        network.HoldDeadPeers(25);
        var watching = network.WatchAsync("--json --every 0.5s --for 8s");
        await Task.Delay(3000, TestContext.Current.CancellationToken); // it starts; what comes before it is not asked for
        await network.TryShortlyAsync(120);
        var (code, output, error) = await watching;
        Assert.True(code == 0, error);
        Assert.All(output.TrimEnd('\n').Split('\n'), FrameSchema.Hold);
        var frames = output.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        var last = frames[^1];
        Assert.InRange(frames.Length, 3, 18);
        Assert.Equal("events", last.GetProperty("source").GetProperty("kind").GetString());
        Assert.Equal(120, last.GetProperty("totals").GetProperty("outcomes").GetProperty("refused").GetInt64());
        Assert.Equal((25, 25), (last.GetProperty("totals").GetProperty("halfOpen").GetInt32(),
            last.GetProperty("totals").GetProperty("found").GetInt32()));
        var dead = last.GetProperty("programs")[0];
        Assert.Equal((25, 1.0), (dead.GetProperty("halfOpen").GetInt32(), dead.GetProperty("deadShare").GetDouble()));
        Assert.Contains(Environment.ProcessId, dead.GetProperty("processIds").EnumerateArray().Select(p => p.GetInt32()));
        Assert.Contains(last.GetProperty("programs").EnumerateArray(), p => p.GetProperty("name").GetString()!.StartsWith("bash",
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task Samples_show_what_stands_and_say_what_they_miss()
    {
        Needs.Root();
        using var network = new WatchedNetwork();
        network.HoldDeadPeers(25);
        var (code, output, error) = await network.WatchAsync("--json --once --sample");
        Assert.True(code == 0, error);
        FrameSchema.Hold(output);
        var frame = JsonDocument.Parse(output).RootElement;
        Assert.Equal("samples", frame.GetProperty("source").GetProperty("kind").GetString());
        Assert.Contains("between two samples", frame.GetProperty("source").GetProperty("misses").GetString(), StringComparison.Ordinal);
        Assert.Equal(25, frame.GetProperty("programs")[0].GetProperty("halfOpen").GetInt32());
    }

    /// <summary>What a router or NAT on this machine remembers, against what the kernel itself says.</summary>
    [Fact]
    public async Task Where_connections_are_tracked_their_entries_are_shown()
    {
        Needs.Root();
        using var network = new WatchedNetwork();
        network.Machine.Run(() => Shell.Run("nft 'add table ip t; add chain ip t out { type nat hook postrouting priority 100; }; "
            + "add rule ip t out masquerade; add chain ip t in { type filter hook output priority 0; }; "
            + "add rule ip t in ct state new counter'"));
        network.HoldDeadPeers(33);
        var (code, output, error) = await network.WatchAsync("--json --once --for 1s");
        Assert.True(code == 0, error);
        var table = JsonDocument.Parse(output).RootElement.GetProperty("table");
        var (count, max) = (Number(network, "count"), Number(network, "max"));
        Assert.InRange(table.GetProperty("count").GetInt64(), 33, count);
        Assert.Equal(max, table.GetProperty("max").GetInt64());
        Assert.InRange(count, 33, 60);
        var (_, text, _) = await network.WatchAsync("--once --for 1s");
        Assert.Contains($"tracked {count} of ", text, StringComparison.Ordinal);
    }

    /// <summary>That hides the cgroups, to which BPF is attached.</summary>
    [Fact]
    public async Task Started_by_ip_netns_exec_it_has_events()
    {
        Needs.Root();
        var name = $"halfopen-watch-{Environment.ProcessId}";
        Shell.Run($"ip netns add {name}; ip -n {name} link set lo up");
        try
        {
            var output = await Task.Run(() => Shell.Run($"ip netns exec {name} '{BuiltProgram.Script}' watch --json --once --for 1s"));
            Assert.Contains("\"kind\":\"events\"", output, StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run($"ip netns del {name}");
        }
    }

    [Fact]
    public async Task Without_root_it_samples_and_says_so_in_one_line()
    {
        Needs.Root();
        Needs.Program("/usr/bin/setpriv", "util-linux");
        using var network = new WatchedNetwork();
        network.HoldDeadPeers(7);
        var dll = Path.Combine(BuiltProgram.Root, "src/HalfOpen.Cli/bin/Release/net10.0/halfopen.dll");
        var nobody = "setpriv --reuid nobody --regid nogroup --clear-groups env HOME=/tmp ";
        Assert.SkipUnless(CanRead(nobody + "test -r " + dll), "skipped: needs a checkout that every user may read");
        var (code, output, error) = await network.WatchAsync("", $"exec {nobody} dotnet '{dll}' watch --once --for 1s; ");
        Assert.True(code == 0, error);
        Assert.Contains("half-open 7", output, StringComparison.Ordinal);
        Assert.Contains("only root may use BPF", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_guard_it_shows_slots_and_why_a_program_waits()
    {
        Needs.Root();
        using var network = new WatchedNetwork();
        using var guard = new GuardProcess(network.Machine, network.RuntimeFolder, ["--limit", "5"]);
        Assert.Contains("ready", guard.FirstLine, StringComparison.OrdinalIgnoreCase);
        network.HoldDeadPeers(30);
        var (code, output, error) = await network.WatchAsync("--json --once --for 1s");
        Assert.True(code == 0, error);
        FrameSchema.Hold(output);
        var frame = JsonDocument.Parse(output).RootElement;
        var slots = frame.GetProperty("guard");
        Assert.Equal(5, slots.GetProperty("limit").GetInt32());
        Assert.InRange(slots.GetProperty("slotsTaken").GetInt32(), 1, 5); // fair keeps some for newcomers
        Assert.Equal("events", frame.GetProperty("source").GetProperty("kind").GetString());
        var row = frame.GetProperty("programs")[0];
        Assert.Equal(30, row.GetProperty("halfOpen").GetInt32());
        Assert.True(row.GetProperty("waiting").GetInt32() > 0 && row.GetProperty("slots").GetInt32() > 0, output);
        Assert.NotEqual("", row.GetProperty("whyItWaits").GetString());
        var (_, text, _) = await network.WatchAsync("--once --for 1s");
        Assert.Contains("of 5 slots", text, StringComparison.Ordinal);

        // Both hang at the same place, and the guard goes on counting.
        var status = JsonDocument.Parse(guard.Run("status", "--json").Out).RootElement;
        Assert.Equal("bpf", status.GetProperty("outcomeSource").GetString());
    }

    [Theory]
    [InlineData("q", "")]
    [InlineData("\u0003", "")]
    [InlineData("", "kill -TERM $P")]
    [InlineData("", "kill -INT $P")]
    public async Task The_terminal_is_as_before_however_it_ends(string key, string then)
    {
        Needs.Root();
        Needs.Program("/usr/bin/script", "bsdutils");
        using var network = new WatchedNetwork();
        network.HoldDeadPeers(12);
        var output = await network.OnTerminalAsync("half-open 12", key.Length > 0 ? [key] : [], then);
        Assert.Contains(Enter, output, StringComparison.Ordinal);
        Assert.Contains(Leave, output, StringComparison.Ordinal);
        Assert.Contains("CODE 0", output, StringComparison.Ordinal);
        var modes = Mode().Matches(output).Select(m => m.Value).ToArray();
        Assert.Equal(2, modes.Length);
        Assert.Equal(modes[0], modes[1]);
    }

    [Fact]
    public async Task Keys_open_a_program_filter_and_freeze_and_each_picture_is_one_update()
    {
        Needs.Root();
        Needs.Program("/usr/bin/script", "bsdutils");
        using var network = new WatchedNetwork();
        network.HoldDeadPeers(12);
        var output = await network.OnTerminalAsync("half-open 12", ["\r", " ", "/", "zzz", "\r", "\e", "\e[B", "h", "q", "q"]);
        var pictures = Picture().Matches(output).Select(m => m.Value).ToArray();
        Assert.Contains(pictures, p => p.Contains("10.79.0.1:80", StringComparison.Ordinal));
        Assert.Contains(pictures, p => p.Contains("FROZEN", StringComparison.Ordinal));
        Assert.Contains(pictures, p => p.Contains("filter: zzz", StringComparison.Ordinal));
        Assert.Contains(pictures, p => p.Contains("how long the oldest of them has been out", StringComparison.Ordinal));
        Assert.All(pictures, p => Assert.Equal(20, Place().Count(p))); // every row, whatever stood there
        Assert.All(pictures.Skip(1), p => Assert.DoesNotContain("\e[2J", p, StringComparison.Ordinal)); // nothing is cleared: no flicker
    }

    [Fact]
    public async Task NO_COLOR_leaves_no_attribute_on_the_screen()
    {
        Needs.Root();
        Needs.Program("/usr/bin/script", "bsdutils");
        using var network = new WatchedNetwork();
        network.HoldDeadPeers(3);
        var output = await network.OnTerminalAsync("half-open 3", ["j", "q"], settings: "NO_COLOR=1");
        Assert.All(Picture().Matches(output).Select(m => m.Value), p => Assert.DoesNotMatch(@"\e\[[0-9;]*m", p));
    }

    [Theory]
    [InlineData("--every 0s", "give 0.1s to 1h")]
    [InlineData("--for x", "a number with ms, s, min or h")]
    [InlineData("--bogus", "--help")]
    public async Task Wrong_usage_is_said_in_one_line(string arguments, string says)
    {
        var (code, output, error) = await BuiltProgram.RunAsync(["watch", .. arguments.Split(' ')]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static long Number(WatchedNetwork network, string what) => network.Machine.Run(() =>
        long.Parse(Shell.Run($"cat /proc/sys/net/netfilter/nf_conntrack_{what}"), System.Globalization.CultureInfo.InvariantCulture));

    private static bool CanRead(string command)
    {
        try
        {
            _ = Shell.Run(command);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex("MODE [0-9a-f:]+")]
    private static partial Regex Mode();

    [GeneratedRegex(@"\e\[\?2026h.*?\e\[\?2026l", RegexOptions.Singleline)]
    private static partial Regex Picture();

    [GeneratedRegex(@"\e\[[0-9]+;1H")]
    private static partial Regex Place();
}
