using System.Text;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>A Windows that sleeps on the volume keeps it as it is, whatever is asked.</summary>
public sealed class SleepingWindowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new TemporaryFolder().WithXp();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("hibr", "Windows is hibernated")]
    [InlineData("HIBR", "Windows is hibernated")]
    [InlineData("wake", "was waking from hibernation")]
    [InlineData("\0\0\0\0", null)] // Windows ran and was shut down
    [InlineData("", null)]
    public async Task Nothing_is_written_to_the_volume_of_a_sleeping_Windows(string start, string? reason)
    {
        _folder.Write("hiberfil.sys", [.. Encoding.ASCII.GetBytes(start), .. new byte[5000]]);
        var before = _folder.Snapshot();
        foreach (var path in new[] { _folder.Path, _folder.In("WINDOWS", "system32", "drivers", "tcpip.sys") })
        {
            var (code, output, error) = await CliRunner.RunAsync(["patch", path, "--dry-run"]);
            Assert.Equal(reason is null ? 0 : 1, code);
            Assert.Contains(reason ?? "", error + output, StringComparison.Ordinal);
            (_, _, error) = await CliRunner.RunAsync(["inspect", path]);
            Assert.Equal(reason is not null, error.Contains("cannot be patched", StringComparison.Ordinal));
            if (reason is not null)
            {
                Assert.Equal(1, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
            }

            _folder.AssertUnchanged(before);
        }
    }

    [Fact]
    public async Task Nothing_is_taken_back_or_tidied_up_either()
    {
        await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        var driver = _folder.In("WINDOWS", "system32", "drivers", "tcpip.sys");
        File.Copy(driver + ".halfopen-backup", driver, overwrite: true); // the original is back: restore would remove the backup only
        _folder.Write("WINDOWS/system32/drivers/tcpip.sys.halfopen-tmp-00000000", [1]);
        _folder.Write("hiberfil.sys", [.. "hibr"u8, .. new byte[5000]]);
        var before = _folder.Snapshot();
        foreach (var path in new[] { _folder.Path, driver })
        {
            var (code, _, error) = await CliRunner.RunAsync(["restore", path, "--yes"]);
            Assert.Equal(1, code);
            Assert.Contains("hibernated", error, StringComparison.Ordinal);
            await CliRunner.RunAsync(["patch", path, "--yes", "--limit", "10"]);
            _folder.AssertUnchanged(before);
        }
    }

    [Fact]
    public async Task A_hiberfil_that_is_no_plain_file_says_nothing()
    {
        Directory.CreateDirectory(_folder.In("hiberfil.sys"));
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", _folder.Path, "--yes"])).Code);
    }
}
