using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files.Linux;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// Names on somebody's disk: nothing in them reaches the terminal as a command, and none goes unseen.
/// </summary>
public sealed class NastyNamesTests : IDisposable
{
    private const string Nasty = "a\e]0;owned\a\e[8m\r\u202Egnp.\u2028\u200B\u0085";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("inspect")]
    [InlineData("inspect", "--json")]
    [InlineData("patch", "--dry-run")]
    [InlineData("patch", "--yes")]
    [InlineData("patch", "--yes", "--limit", "5000", "--json")]
    [InlineData("patch")]
    [InlineData("restore", "--dry-run")]
    [InlineData("restore", "--yes")]
    [InlineData("restore", "--yes", "--force")]
    public async Task Folder_names_command_no_terminal(params string[] words)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "skipped: Windows has no such names");
        foreach (var trouble in new[] { "none", "damaged", "update", "pipe", "empty", "asleep" })
        {
            using var folder = new TemporaryFolder();
            const string Driver = Nasty + "/WINDOWS/system32/drivers/tcpip.sys";
            var path = folder.WriteDriver(Driver, seed: 1, version: new FileVersion(5, 1, 2600, 2180));
            await CliRunner.RunAsync(["patch", folder.In(Nasty), "--yes"]);
            switch (trouble)
            {
                case "damaged":
                    File.WriteAllBytes(path + ".halfopen-backup", [1]);
                    break;
                case "update":
                    folder.WriteDriver(Driver, seed: 2);
                    break;
                case "pipe":
                    File.Delete(path);
                    using (var mkfifo = Process.Start("mkfifo", [path]))
                    {
                        await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
                    }

                    break;
                case "empty":
                    Directory.Delete(folder.In(Nasty, "WINDOWS"), recursive: true);
                    break;
                case "asleep":
                    folder.Write(Nasty + "/hiberfil.sys", [.. "hibr"u8, .. new byte[100]]);
                    break;
            }

            foreach (var named in new[] { folder.In(Nasty), folder.Path, path })
            {
                var (_, output, error) = await CliRunner.RunAsync([.. words, named, "--recurse"], input: "n\n", interactive: true);
                Assert.True((output + error).All(IsHarmless), $"{trouble}: {output}{error}".Replace('\e', '^'));
            }
        }
    }

    /// <summary>
    /// Linux keeps names as bytes: what is no UTF-8 was passed over in silence, and a driver stayed unpatched.
    /// </summary>
    [Fact]
    public async Task A_driver_below_a_name_that_is_no_UTF8_is_patched_and_restored()
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "skipped: names of Linux");
        var real = _folder.WriteDriver("real/tcpip.sys", seed: 1);
        using (var shell = Process.Start("/bin/sh",
            ["-c", $"cd {_folder.Path} && d=$(printf 'caf\\351') && mkdir \"$d\" && cp real/tcpip.sys \"$d\"/ && rm -r real"]))
        {
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--recurse", "--yes", "--json"]);
        Assert.True(code == 0, error);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("drivers").GetArrayLength());
        (code, output, error) = await CliRunner.RunAsync(["inspect", _folder.Path, "--recurse"]);
        Assert.True(code == 0, error);
        Assert.Contains("patched by halfopen", output, StringComparison.Ordinal);
        Assert.True(output.All(IsHarmless));
        (code, _, error) = await CliRunner.RunAsync(["restore", _folder.Path, "--recurse", "--yes"]);
        Assert.True(code == 0, error);
        Assert.Contains(LinuxName.Decode([0xE9]), new HalfOpen.Windows.Files.LocalFileStore().List(_folder.Path)[0].Name,
            StringComparison.Ordinal);
        Assert.False(File.Exists(real));
        using var remove = Process.Start("/bin/sh", ["-c", $"rm -r {_folder.Path}/caf*"]); // .NET cannot
        await remove.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static bool IsHarmless(char c) => c == '\n' || char.GetUnicodeCategory(c) is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
