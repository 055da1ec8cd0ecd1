using HalfOpen.Driver;
using HalfOpen.Tests.Cli;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>
/// A wrong checksum is a careless edit or damage. Setting the limit back to 10 tells them apart where the original is
/// on record; and what would change nothing is said before anybody is asked.
/// </summary>
public sealed class CarelessEditTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalFileStore _store = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_original_on_record_tells_a_careless_edit_from_damage(bool isDamaged)
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var original = File.ReadAllBytes(path);
        var report = DriverExaminer.Examine(original);
        var edited = (byte[])original.Clone();
        edited[report.Location!.FileOffset.Value] = 50;
        edited[^1] ^= (byte)(isDamaged ? 0xFF : 0);
        File.WriteAllBytes(path, edited);

        var known = new KnownOriginal(new FileVersion(5, 1, 2600, 5512), DriverArchitecture.X86, DriverKind.Tcpip,
            report.Location.FileOffset.Value, BackupState.Hash(original));
        var driver = new Inspector(_store) { FindOriginal = sha256 => sha256 == known.Sha256 ? known : null }.Inspect(path);
        Assert.Equal(isDamaged ? null : "Windows XP SP3, 5.1.2600.5512, set to 50, with a wrong checksum", driver.KnownAs);
        Assert.Contains(isDamaged ? "get a sound copy" : "every other byte is that of Windows XP SP3", driver.Advice,
            StringComparison.Ordinal);
        Assert.Equal(isDamaged, PatchUnit.Plan(_store, [driver], 100, allowBadChecksum: true).IsRefused);
        Assert.Equal(isDamaged ? Overruling.OtherBytes : Overruling.BadChecksum,
            PatchUnit.Plan(_store, [driver], 100, allowBadChecksum: false).Items[0].OverruledBy);
        Assert.False(PatchUnit.Plan(_store, [driver], 100, allowBadChecksum: true, vouched: true).IsRefused);
    }

    [Fact]
    public async Task Our_backup_vouches_for_the_other_bytes()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        var bytes = File.ReadAllBytes(path);
        bytes[DriverExaminer.Examine(bytes).Location!.FileOffset.Value]++; // another tool, with a wrong checksum
        File.WriteAllBytes(path, bytes);
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes", "--allow-bad-checksum"])).Code);
    }

    [Theory]
    [InlineData(null, "no")]
    [InlineData("ServerNT", "no")]
    [InlineData("WinNT", "yes")] // a driver of Server 2003 put into an XP: it asks Windows for the product type
    public async Task A_driver_of_5_2_for_32_bits_is_Server_2003(string? product, string enforced)
    {
        _folder.WriteDriver("WINDOWS/system32/drivers/tcpip.sys", seed: 1, version: new FileVersion(5, 2, 3790, 3959));
        if (product is not null)
        {
            _folder.Write("WINDOWS/system32/config/system", new HiveBuilder().Build(HiveBuilder.SystemRoot(product)));
        }

        var (_, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path, "--json"]);
        Assert.Contains($"\"enforced\": \"{enforced}\"", output, StringComparison.Ordinal);
        Assert.DoesNotContain("x64", output, StringComparison.Ordinal);
        Assert.Contains("Windows Server 2003 SP2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_will_change_nothing_is_said_before_the_question()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1, version: new FileVersion(5, 2, 3790, 3959));
        var (code, output, error) = await CliRunner.RunAsync(["patch", path], input: "n\n", interactive: true);
        Assert.Equal(1, code);
        Assert.Contains("Effect     none: this is a server", output, StringComparison.Ordinal);
        Assert.Contains("although no server enforces the limit? [y/N]", error, StringComparison.Ordinal);
        Assert.Contains("Effect     none", (await CliRunner.RunAsync(["patch", path, "--dry-run"])).Out, StringComparison.Ordinal);
    }
}
