using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>What scripts and people with two Windows on one disk rely on.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("patch", "no-such-file", 2)]
    [InlineData("patch", "empty", 1)]
    [InlineData("patch", "xp", 2)] // nobody to ask
    [InlineData("patch", "xp --yes --output out", 2)]
    [InlineData("patch", "xp/WINDOWS/system32/drivers/tcpip.sys --output xp/WINDOWS/system32/drivers/tcpip6.sys", 1)]
    [InlineData("patch", "bad --yes", 1)]
    [InlineData("patch", "cut.qcow2 --yes", 1)]
    [InlineData("patch", "xp --yes --backup nowhere", 2)]
    [InlineData("patch", "xp --yes", 0)]
    [InlineData("patch", "xp --dry-run", 0)]
    [InlineData("restore", "no-such-file", 2)]
    [InlineData("restore", "empty", 1)]
    [InlineData("restore", "xp --yes", 1)] // no backup
    [InlineData("restore", "cut.qcow2 --yes", 1)]
    public async Task With_json_there_is_one_document_whatever_happens(string verb, string words, int code)
    {
        Directory.CreateDirectory(_folder.In("xp"));
        foreach (var (name, kind) in new[] { ("tcpip.sys", "tcpip.sys"), ("tcpip6.sys", "tcpip6.sys") })
        {
            _folder.WriteDriver("xp/WINDOWS/system32/drivers/" + name, seed: 1, name: kind);
        }

        Directory.CreateDirectory(_folder.In("empty"));
        _folder.Write("bad/tcpip.sys", [1, 2, 3]);
        _folder.Write("cut.qcow2", [.. "QFI\xFB"u8.ToArray()[..3], 0xFB, 0, 0, 0, 3, .. new byte[20]]);
        var args = words.Split(' ').Select(w => w[0] == '-' ? w : _folder.In(w.Split('/')));
        var (actual, output, error) = await CliRunner.RunAsync([verb, .. args, "--json"]);
        Assert.True(code == actual, error);
        var document = JsonDocument.Parse(output).RootElement;
        Assert.Equal(code != 0, document.GetProperty("refused").GetBoolean());
        Assert.Equal(code == 0 ? JsonValueKind.Null : JsonValueKind.String, document.GetProperty("problem").ValueKind);
        Assert.Equal(code == 0 && words.Contains("--yes", StringComparison.Ordinal), document.GetProperty("written").GetBoolean());
    }

    [Fact]
    public async Task With_json_a_failure_while_writing_has_its_document_too()
    {
        _folder.WithXp();
        Directory.CreateDirectory(_folder.In("WINDOWS", "system32", "DllCache", "TCPIP.SYS.halfopen-backup"));
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes", "--json"]);
        Assert.Equal(1, code);
        var document = JsonDocument.Parse(output).RootElement;
        Assert.Contains(document.GetProperty("problem").GetString()!, error.Replace("halfopen: ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Equal(4, document.GetProperty("drivers").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_later_Windows_beside_an_XP_is_left_alone(bool recurse)
    {
        var seven = SyntheticDriver.Build(new SyntheticDriverOptions
        {
            Seed = 7,
            Architecture = DriverArchitecture.X64,
            Version = new FileVersion(6, 1, 7601, 17514),
            HasCertificate = true,
        }).Bytes;
        _folder.WriteDriver("WINDOWS/system32/drivers/tcpip.sys", seed: 1);
        var later = _folder.Write("Win7/System32/drivers/tcpip.sys", seven);
        _folder.Write("Win7/winsxs/amd64_microsoft-windows-tcpip_6.1/tcpip.sys", seven);
        var flag = recurse ? "--recurse" : "--quiet";
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, flag, "--yes"]);
        Assert.True(code == 0, error);
        Assert.Contains("left out: This is the driver of Windows 7", output, StringComparison.Ordinal);
        Assert.Equal(recurse, output.Contains("Left alone: " + later, StringComparison.Ordinal)); // --quiet: no notes
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(_folder.In("WINDOWS", "system32", "drivers", "tcpip.sys"))).Limit);
        Assert.Equal(seven, File.ReadAllBytes(later));
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", _folder.Path, flag, "--yes"])).Code);

        // In the XP itself it is no business of ours either, but one copy left behind would undo the patch.
        _folder.Write("WINDOWS/system32/dllcache/tcpip.sys", seven);
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", _folder.Path, flag, "--yes"])).Code);
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", later, "--yes"])).Code);
    }

    [Theory]
    [InlineData("", "is empty: mount the disk there first")]
    [InlineData("lost+found/", "is empty: mount the disk there first")]
    [InlineData("system.reg drive_c/windows/system32/drivers/tdi.sys", "is a Wine prefix")]
    [InlineData("WINDOWS/system32/drivers/other.sys", "where Windows keeps its drivers")]
    public async Task Why_nothing_is_there_is_said_where_it_can_be(string files, string reason)
    {
        foreach (var file in files.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (file.EndsWith('/'))
            {
                Directory.CreateDirectory(_folder.In(file));
            }
            else
            {
                _folder.Write(file, [1]);
            }
        }

        foreach (var verb in new[] { "inspect", "patch", "restore" })
        {
            var (code, _, error) = await CliRunner.RunAsync([verb, _folder.Path]);
            Assert.Equal(1, code);
            Assert.Contains(reason, error, StringComparison.Ordinal);
        }

        if (files.Contains("drive_c", StringComparison.Ordinal))
        {
            Assert.Contains(reason, (await CliRunner.RunAsync(["inspect", _folder.In("drive_c", "windows", "system32")])).Error,
                StringComparison.Ordinal);
        }
    }
}
