using System.Text.Json.Nodes;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Service;
using HalfOpen.Tests.Cli;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>guard, status and limit as a script sees them; the guard itself is a fake behind a real socket.</summary>
public sealed class VerbTests
{
    [Theory]
    [InlineData(2, "--limit '0': give 1 to 1000000", "guard", "--limit", "0")]
    [InlineData(2, "--policy 'nice': give fair, windows-xp", "guard", "--policy", "nice")]
    [InlineData(2, "--exempt 'ssh': give user:", "guard", "--exempt", "ssh")]
    [InlineData(2, "is not loopback", "guard", "--metrics", "0.0.0.0:9226")]
    [InlineData(2, "there is no configuration file /nonexistent", "guard", "--config", "/nonexistent")]
    [InlineData(2, "N '0' is not allowed: give a whole number from 1 to 1000000", "limit", "0")]
    [InlineData(2, "", "limit", "many")]
    [InlineData(1, "no guard answers at /nonexistent", "status", "--socket", "/nonexistent")]
    [InlineData(1, "no guard answers at /nonexistent", "limit", "5", "--socket", "/nonexistent")]
    public async Task Failures_are_one_line_and_their_exit_code(int expectedCode, string expected, params string[] arguments)
    {
        var (code, output, error) = await CliRunner.RunAsync(arguments);
        Assert.Equal(expectedCode, code);
        Assert.Empty(output);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_config_prints_the_shipped_file()
    {
        var (code, output, _) = await CliRunner.RunAsync(["guard", "--show-config"]);
        Assert.Equal((0, ConfigurationFile.Template(SettingTable.Shipped)), (code, output));
    }

    [Fact]
    public async Task A_dry_run_prints_rules_for_what_was_asked()
    {
        var (code, output, _) = await CliRunner.RunAsync(["guard", "--dry-run", "--router", "--exempt", "port:22", "--queue", "99"]);
        Assert.Equal(0, code);
        Assert.Contains("99", output, StringComparison.Ordinal);
        Assert.Contains("dport 22", output, StringComparison.Ordinal);
        Assert.Contains("forward", output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Status_tells_people_and_machines_and_limit_changes_it()
    {
        var guard = new FakeGuard();
        guard.Status = guard.Status with { Programs = [.. guard.Status.Programs, new("\e[2J\u202eevil", 1, 1, 0, "", 0, 1)] };
        var path = Path.Combine(Path.GetTempPath(), $"halfopen-{Guid.NewGuid():N}.sock");
        using var server = new ControlServer(path, guard);
        var (code, output, error) = await CliRunner.RunAsync(["status", "--socket", path]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("10 of 10 slots taken, 10 half-open in all, 31 waiting", output, StringComparison.Ordinal);
        Assert.Contains("aria2c                                          10        9       30    4.5 s        200  every slot is held",
            output, StringComparison.Ordinal);
        Assert.DoesNotContain(output, c => c is '\e' or '\u202e');
        guard.Status = guard.Status with
        {
            Owners = [new("user ann", 10, 9, 31, 4.5, 212, 5), new("docker 3f2a9c1b7d0e", 1, 1, 0, 0, 1, 1)],
            OtherOwners = 3,
            Programs =
            [
                new("/usr/bin/python3.11 a.py", 10, 9, 30, "every slot is held", 4.5, 200) { Owner = "user ann" },
                new("/usr/bin/python3.11 /home/ann/very/deep/folder/b.py", 0, 0, 1, "every slot is held", 0.5, 12) { Owner = "user ann" },
                new("/bin/app\e[2J", 1, 1, 0, "", 0, 1) { Owner = "docker 3f2a9c1b7d0e" },
            ],
        };
        Assert.Contains("""
            owner and program                        half-open  counted  waiting    since    started  why it waits
            user ann                                        10        9       31    4.5 s        212
              /usr/bin/python3.11 a.py                      10        9       30    4.5 s        200  every slot is held
              ....11 /home/ann/very/deep/folder/b.py         0        0        1    0.5 s         12  every slot is held
              and 3 more programs
            docker 3f2a9c1b7d0e                              1        1        0        -          1
              /bin/app?[2J                                   1        1        0        -          1
            and 3 more owners
            """.ReplaceLineEndings("\n"), (await CliRunner.RunAsync(["status", "--socket", path])).Out, StringComparison.Ordinal);
        var json = JsonNode.Parse((await CliRunner.RunAsync(["status", "--json", "--socket", path])).Out)!;
        Assert.Equal(31, json["waiting"]!.GetValue<int>());
        Assert.Equal("/usr/bin/python3.11 a.py", json["programs"]![0]!["name"]!.GetValue<string>());
        Assert.Equal("user ann", json["programs"]![0]!["owner"]!.GetValue<string>());
        Assert.Equal("docker 3f2a9c1b7d0e", json["owners"]![1]!["name"]!.GetValue<string>());
        Assert.Equal((0, "The limit is now 50.\n", ""), await CliRunner.RunAsync(["limit", "50", "--socket", path]));
        Assert.Equal(50, guard.Limit);
        Assert.Equal((0, "The configuration was read again. A restart is needed for: queue number.\n", ""),
            await CliRunner.RunAsync(["reload", "--socket", path]));
        guard.ReloadProblem = "guard.conf line 2: no \e[31m";
        Assert.Equal((1, "", "halfopen: the guard refuses: guard.conf line 2: no ?[31m.\n"),
            await CliRunner.RunAsync(["reload", "--socket", path]));
    }

    [Fact]
    public async Task Only_a_guard_that_lives_is_named_as_one_in_another_namespace()
    {
        var folder = Directory.CreateTempSubdirectory("halfopen-test-");
        Environment.SetEnvironmentVariable("HALFOPEN_RUNTIME_DIR", folder.FullName);
        try
        {
            var path = Path.Combine(folder.FullName, "guard-1.sock");
            using (var killed = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream,
                System.Net.Sockets.ProtocolType.Unspecified))
            {
                killed.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path)); // its socket outlives it
            }

            Assert.Equal((1, "", "halfopen: no guard runs here: start one with 'sudo halfopen guard'.\n"),
                await CliRunner.RunAsync(["status"]));
            using var lives = new ControlServer(path, new FakeGuard());
            Assert.Contains("name it with --socket " + path, (await CliRunner.RunAsync(["status"])).Error, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HALFOPEN_RUNTIME_DIR", null);
            folder.Delete(recursive: true);
        }
    }
}
