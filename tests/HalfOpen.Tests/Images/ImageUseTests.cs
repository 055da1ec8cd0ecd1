using System.Diagnostics;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
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

    /// <summary>A child has its parent's files until it executes its program; so a lock that only closing gives up is
    /// held by it, too.</summary>
    [Fact]
    public void Whoever_starts_programs_meanwhile_can_still_use_an_image_again_at_once()
    {
        var image = Write();
        using var end = new CancellationTokenSource();
        var starter = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
            {
                Process.Start("true").Dispose();
            }
        });
        starter.Start();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                using var store = ImageFileStore.Open(image)!;
                Lock(store).Dispose();
            }
        }
        finally
        {
            end.Cancel();
            starter.Join();
        }
    }

    [Fact]
    public void Whoever_has_an_image_for_a_moment_is_waited_for()
    {
        var asked = 0;
        Assert.True(ImageUse.TryFor(() => ++asked == 3));
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Whoever_keeps_an_image_is_not_waited_for_without_end()
    {
        var image = Write();
        using var other = new FileStream(image, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        using var store = ImageFileStore.Open(image)!;
        var problem = Assert.Throws<FileProblemException>(() => Lock(store));
        Assert.Contains("another halfopen is at work on this image", problem.Message, StringComparison.Ordinal);
    }

    private string Write()
    {
        var fat = TestDisks.Fat(false, true, ("i386", "tcpip.sys", SyntheticDriver.Build(new SyntheticDriverOptions()).Bytes));
        _folder.Write("x.img", TestDisks.Mbr(512, (6, fat)));
        return _folder.In("x.img");
    }

    private static IDisposable Lock(ImageFileStore store) => store.Lock(ImagePath.RootOf(store.Path, store.Image.Volumes[0].Number));
}
