using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Images;
using Xunit;

namespace HalfOpen.Tests.Images;

/// <summary>What stands beside an image and says that it must be left alone; and paths into images.</summary>
public sealed class ImageUseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vmdk", "xp.vmdk.lck/lock", "VMware has it open")]
    [InlineData("vmdk", "xp.vmss", "suspended")]
    [InlineData("vmdk", "xp-000001.vmdk", "snapshot")]
    [InlineData("vmdk", "xp-flat01.vmdk", null)]
    [InlineData("vmdk", "other.vmss", null)]
    [InlineData("vdi", "Snapshots/2026-01-01.sav", "saved in the midst")]
    [InlineData("vdi", "xp.vmss", null)]
    [InlineData("raw", "xp-000001.vmdk", null)]
    public void Files_beside_an_image_tell_of_its_machine(string format, string beside, string? reason)
    {
        _folder.Write(beside, [1]);
        var found = ImageUse.FindBeside(_folder.Path, "xp." + format, format);
        Assert.Equal(reason is null, found is null);
        Assert.Contains(reason ?? "", found ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xp.vdi!1:/WINDOWS/a", "xp.vdi", 1, "WINDOWS/a")]
    [InlineData("/a b/x!y!12:", "/a b/x!y", 12, "")]
    [InlineData("x!1:/a!2:/b", "x!1:/a", 2, "b")]
    [InlineData(@"C:\vm\xp.vdi!0:\WINDOWS", @"C:\vm\xp.vdi", 0, "WINDOWS")]
    public void A_path_into_an_image_is_taken_apart(string path, string image, int volume, string inner) =>
        Assert.Equal(new ImagePath(image, volume, inner), ImagePath.Parse(path));

    [Theory]
    [InlineData("xp.vdi")]
    [InlineData("xp.vdi!")]
    [InlineData("xp.vdi!:/a")]
    [InlineData("xp.vdi!x:/a")]
    [InlineData("xp.vdi!1/a")]
    [InlineData("xp.vdi!1:a")]
    [InlineData("!1:/a")]
    [InlineData("xp.vdi!99999999999:/a")]
    public void Other_paths_are_not(string path) => Assert.Null(ImagePath.Parse(path));
}
