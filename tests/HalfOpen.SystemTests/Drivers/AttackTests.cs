using System.Diagnostics;
using HalfOpen.TestDrivers;
using HalfOpen.Driver;
using Xunit;

namespace HalfOpen.SystemTests.Drivers;

/// <summary>
/// Root works in a folder that belongs to somebody else, who swaps what root makes at the moment it appears. Nothing
/// outside of that folder may change, and nothing may hang. HALFOPEN_ATTACKS sets how often each attack is tried.
/// </summary>
public sealed class AttackTests : IAsyncLifetime
{
    private const string Nobody = "65534";

    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("HALFOPEN_ATTACKS"), out var rounds) ? rounds : 8;

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-attack-").FullName;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName == "root", "skipped: needs root (to work in somebody else's folder)");
        Assert.SkipUnless(File.Exists("/usr/bin/gcc") && File.Exists("/usr/bin/setpriv"), "skipped: needs gcc and util-linux");
        foreach (
            var source in Directory.GetFiles(Path.Combine(BuiltProgram.Root, "tests", "HalfOpen.SystemTests", "Drivers", "Attackers"),
                "*.c"))
        {
            await RunAsync("gcc", "-O1", "-o", Path.Combine(_folder, Path.GetFileNameWithoutExtension(source)), source);
        }

        await RunAsync("chmod", "755", _folder);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("swap-by-link", "tcpip.sys.halfopen-tmp-")]
    [InlineData("swap-by-link", "tcpip.sys.halfopen-backup.halfopen-tmp-")]
    [InlineData("swap-by-link", "tcpip.sys.halfopen-manifest.json.halfopen-tmp-")]
    [InlineData("swap-by-fifo", "")]
    [InlineData("swap-folder", "")]
    public async Task Whoever_owns_the_folder_harms_nothing_outside_of_it(string attacker, string prefix)
    {
        var swaps = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var root = Directory.CreateDirectory(Path.Combine(_folder, "r" + round)).FullName;
            var theirs = Directory.CreateDirectory(Path.Combine(root, "drivers")).FullName;
            var driver = Path.Combine(theirs, "tcpip.sys");
            File.WriteAllBytes(driver, SyntheticDriver.Build(round % 7, DriverArchitecture.X86));
            await RunAsync("chmod", "4755", driver);
            await RunAsync("chown", "-R", Nobody + ":" + Nobody, root);

            // What the attacker is after: a file of root's, or a folder of root's with a driver in it.
            var ours = Directory.CreateDirectory(Path.Combine(_folder, "ours" + round)).FullName;
            var target = Path.Combine(ours, "tcpip.sys");
            File.WriteAllBytes(target, SyntheticDriver.Build(3, DriverArchitecture.X86));
            await RunAsync("chmod", "600", target);
            var before = await StateAsync(ours);

            string[] arguments = attacker == "swap-folder"
                ? [theirs, ours] : attacker == "swap-by-link" ? [theirs, target, prefix] : [theirs];
            using var attack =
                Start("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", Path.Combine(_folder, attacker), .. arguments]);
            try
            {
                Assert.Equal("ready", await attack.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
                var (code, _, error) = await BuiltProgram.RunAsync(["patch", root, "--recurse", "--yes"], timeout: TimeSpan.FromMinutes(1));
                Assert.True(code is 0 or 1, error);
                Assert.DoesNotContain("internal error", error, StringComparison.Ordinal);
                if (attacker == "swap-folder")
                {
                    attack.Kill();
                }

                swaps += (await attack.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken))
                    .Contains("swapped", StringComparison.Ordinal) ? 1 : 0;
            }
            finally
            {
                attack.Kill();
                await attack.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            Assert.Equal(before, await StateAsync(ours));
            Directory.Delete(root, recursive: true);
            Directory.Delete(ours, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{attacker} {prefix}: {Rounds} rounds, {swaps} swaps, no harm");
        Assert.True(swaps > Rounds / 2, $"only {swaps} of {Rounds} attacks hit");
    }

    /// <summary>Every file with its content, owner, permissions and times.</summary>
    private static async Task<string> StateAsync(string folder) =>
        await RunAsync("bash", "-c",
            "cd \"$1\" && find . -printf '%p %m %U %G %T@ %s\\n' | sort && find . -type f | sort | xargs sha256sum", "-", folder);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, program + " " + string.Join(' ', arguments));
        return output;
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
