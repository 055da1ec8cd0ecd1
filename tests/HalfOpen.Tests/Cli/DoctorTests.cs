using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using HalfOpen.Cli.Doctor;
using HalfOpen.Diagnosis.Findings;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Diagnosis;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>The verb <c>doctor</c> on saved facts and texts.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("halfopen-doctor");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_verdict_comes_first_and_the_exit_code_says_found()
    {
        var (code, output, error) = await CliRunner.RunAsync(["doctor", Case("aria2-ss.txt")]);
        Assert.Equal((1, ""), (code, error));
        Assert.StartsWith("aria2c keeps trying addresses", output, StringComparison.Ordinal);
        Assert.Contains("sudo halfopen guard --limit 100", output, StringComparison.Ordinal);
        Assert.Contains("ss -tnpo state syn-sent", output, StringComparison.Ordinal);
        Assert.All(output.Split('\n'), l => Assert.True(l.Length <= 100, l));
    }

    [Fact]
    public async Task A_healthy_machine_is_0_and_hears_what_was_ruled_out()
    {
        var (code, output, _) = await CliRunner.RunAsync(["doctor", "--from", Case("idle.json")]);
        Assert.Equal(0, code);
        Assert.StartsWith("Nothing of the kind", output, StringComparison.Ordinal);
        Assert.Contains("Ruled out:", output, StringComparison.Ordinal);
        Assert.Contains("ephemeral ports", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_carries_the_same()
    {
        var (code, output, _) = await CliRunner.RunAsync(["doctor", "--from", Case("kubo-3320.json"), "--json"]);
        Assert.Equal(1, code);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.False(root.GetProperty("healthy").GetBoolean());
        Assert.Equal("router-table", root.GetProperty("findings")[0].GetProperty("name").GetString());
        Assert.Equal(root.GetProperty("verdict").GetString(), root.GetProperty("findings")[0].GetProperty("verdict").GetString());
        Assert.Equal("ipfs", root.GetProperty("programs")[0].GetProperty("name").GetString());
        Assert.Equal(200, root.GetProperty("programs")[0].GetProperty("halfOpen").GetInt64());
    }

    [Fact]
    public async Task Saved_facts_give_the_same_verdict_and_nothing_is_overwritten()
    {
        var file = Path.Combine(_folder.FullName, "facts.json");
        var first = await CliRunner.RunAsync(["doctor", Case("aria2-ss.txt"), "--save", file, "--quiet"]);
        var second = await CliRunner.RunAsync(["doctor", "--from", file, "--quiet"]);
        Assert.Equal((first.Code, first.Out), (second.Code, second.Out));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        var third = await CliRunner.RunAsync(["doctor", Case("idle.json"), "--save", file]);
        Assert.Equal(2, third.Code);
        Assert.Contains("nothing is overwritten", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_a_text_as_well()
    {
        var (code, output, _) = await CliRunner.RunAsync(["doctor", "-", "--quiet"], File.ReadAllText(Case("event-4226-netstat.txt")));
        Assert.Equal(1, code);
        Assert.Contains("process 1852 holds 10 of the 10", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--from", "/nowhere/facts.json")]
    [InlineData("/nowhere/text")]
    [InlineData("--explain", "no-such-finding")]
    [InlineData("--watch-for", "soon")]
    [InlineData("--watch-for", "-1s")]
    [InlineData("--watch-for", "1000h")]
    [InlineData("--from", "a", "b")]
    [InlineData("--probe", "nohost")]
    [InlineData("--probe", "a:0")]
    [InlineData("--probe", "2001:db8::1:443")]
    [InlineData("--router-entries", "0")]
    [InlineData("--nonsense")]
    public async Task Wrong_usage_is_one_line_and_2(params string[] words)
    {
        var (code, output, error) = await CliRunner.RunAsync(["doctor", .. words]);
        Assert.Equal((2, ""), (code, output));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_is_no_text_of_these_tools_is_refused()
    {
        var file = Path.Combine(_folder.FullName, "letter.txt");
        await File.WriteAllTextAsync(file, "Dear doctor,\nit is slow.\n");
        var (code, _, error) = await CliRunner.RunAsync(["doctor", file]);
        Assert.Equal(2, code);
        Assert.Contains("no output of ss, netstat or conntrack", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_tells_open_from_refused()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var open = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (code, output, _) = await CliRunner.RunAsync(["doctor", Case("idle.json"), "--probe", $"127.0.0.1:{open}"]);
        Assert.Equal(0, code);
        Assert.Contains($"127.0.0.1:{open} established after", output, StringComparison.Ordinal);
        listener.Stop();
        (code, output, _) = await CliRunner.RunAsync(["doctor", Case("idle.json"), "--probe", $"127.0.0.1:{open}", "--quiet"]);
        Assert.Equal(1, code);
        Assert.Contains("is there and refuses", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_router_of_known_size_changes_the_verdict()
    {
        var (_, output, _) = await CliRunner.RunAsync(["doctor", Case("aria2-ss.txt"), "--router-entries", "200", "--quiet"]);
        Assert.StartsWith("Your router's table is the limit that hurts: it can remember 200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_offline_Windows_is_asked_for_its_limit_and_its_log()
    {
        var root = Directory.CreateDirectory(Path.Combine(_folder.FullName, "WINDOWS", "system32"));
        var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Limit = 10 }).Bytes;
        foreach (var place in (string[])["drivers", "dllcache"])
        {
            await File.WriteAllBytesAsync(Path.Combine(root.CreateSubdirectory(place).FullName, "tcpip.sys"), driver);
        }

        var config = root.CreateSubdirectory("config").FullName;
        await File.WriteAllBytesAsync(Path.Combine(config, "system"), new HiveBuilder().Build(HiveBuilder.SystemRoot()));
        var (code, output, _) = await CliRunner.RunAsync(["doctor", _folder.FullName]);
        Assert.Equal(0, code);
        Assert.Contains("it is 10 in 2 copies of the driver", output.ReplaceLineEndings(" ").Replace("    ", ""), StringComparison.Ordinal);
        Assert.Contains("no System event log was found", output, StringComparison.Ordinal);

        var log = new EventLogBuilder().Add(6009, "EventLog", 1_140_000_000, "5.01.").Add(0x8000_1082, "Tcpip", 1_140_000_100)
            .Add(0x8000_1082, "Tcpip", 1_140_000_920).Add(0x8000_1082, "Other", 1_140_000_921).Build();
        await File.WriteAllBytesAsync(Path.Combine(config, "SysEvent.Evt"), log);
        (code, output, _) = await CliRunner.RunAsync(["doctor", _folder.FullName]);
        Assert.Equal(1, code);
        Assert.Contains("reached its limit on unanswered connection attempts", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("2 events 4226 of Tcpip", output, StringComparison.Ordinal);
        (code, output, _) = await CliRunner.RunAsync(["doctor", Path.Combine(config, "SysEvent.Evt"), "--quiet"]);
        Assert.Equal(1, code);
        Assert.StartsWith("Windows XP reached its limit", output, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(Path.Combine(root.FullName, "dllcache", "tcpip.sys"),
            SyntheticDriver.Build(new SyntheticDriverOptions { Limit = 100 }).Bytes);
        var third = await CliRunner.RunAsync(["doctor", _folder.FullName, "--json"]);
        Assert.Contains("\"windows-limit-uneven\"", third.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_of_Vista_is_said_not_to_be_read()
    {
        var file = Path.Combine(_folder.FullName, "System.evtx");
        await File.WriteAllBytesAsync(file, [.. "ElfFile\0"u8, .. new byte[100]]);
        var (code, _, error) = await CliRunner.RunAsync(["doctor", file]);
        Assert.Equal(2, code);
        Assert.Contains("are not read", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_finding_can_be_explained() => Assert.All(
        await Task.WhenAll(FindingKinds.All.Select(k => CliRunner.RunAsync(["doctor", "--explain", k.Name]))),
        r => Assert.True(r.Code == 0 && r.Out.Contains("Found when", StringComparison.Ordinal), r.Out + r.Error));

    [Fact]
    public async Task Names_cannot_steer_the_terminal()
    {
        var evil = "evil\e[2J\u202Ename";
        var text = string.Concat(Enumerable.Range(0, 40).Select(i =>
            $"SYN-SENT 0 1 10.0.0.5:{4000 + i} 198.{18 + (i % 2)}.{i}.4:{6000 + (i * 7)} users:((\"{evil}\",pid=7,fd=1)) "
                + "timer:(on,1sec,3)\n"));
        var (code, output, _) = await CliRunner.RunAsync(["doctor", "-"], text);
        Assert.Equal(1, code);
        Assert.DoesNotContain('\e', output);
        Assert.DoesNotContain('\u202E', output);
        Assert.Contains("evil?[2J?name", output, StringComparison.Ordinal);

        var file = Path.Combine(_folder.FullName, "facts.json");
        (code, output, _) = await CliRunner.RunAsync(["doctor", "-", "--json", "--save", file], text);
        Assert.Equal(1, code);
        Assert.All((string[])[output, File.ReadAllText(file)], t =>
        {
            Assert.DoesNotContain('\e', t);
            Assert.DoesNotContain('\u202E', t);
            Assert.Contains("\\u202ename", t, StringComparison.Ordinal);
        });
        using var document = JsonDocument.Parse(output);
        Assert.Equal(evil, document.RootElement.GetProperty("programs")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("a\u0007b\u2028c\uE000d", "a?b?c?d")]
    [InlineData("plain ünïcode 確立", "plain ünïcode 確立")]
    public void Text_is_made_safe(string text, string safe) => Assert.Equal(safe, SafeText.Of(text));

    private static string Case(string file) => Path.Combine(SavedCase.Folder, file);
}
