using System.Text.Json;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Cli;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Images;
using Xunit;

namespace HalfOpen.Tests.Images;

/// <summary>Files that are named as an image and are none, and images whose journal is of no use.</summary>
public sealed class NoImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("inspect", 1)]
    [InlineData("patch", 1)]
    [InlineData("restore", 1)]
    [InlineData("doctor", 2)]
    public async Task A_file_larger_than_any_driver_hears_what_it_is_not(string verb, int expected)
    {
        var image = _folder.In("xp.img");
        using (var file = File.Create(image))
        {
            file.SetLength(100L << 30); // sparse
        }

        await Told("neither a partition table nor a file system", "It begins with zeros");
        using (var file = File.OpenWrite(image))
        {
            file.SetLength(FileNames.MaxDriverSize + 1);
            file.Write("no zeros"u8);
        }

        await Told("neither a partition table nor a file system", "Name the image of a whole disk");

        async Task Told(params string[] texts)
        {
            var (code, output, error) = await CliRunner.RunAsync([verb, image]);
            Assert.Equal((expected, ""), (code, output));
            var line = Assert.Single(error.TrimEnd().Split('\n'));
            Assert.All(texts, t => Assert.Contains(t, line, StringComparison.Ordinal));
            Assert.DoesNotContain("too many", line, StringComparison.Ordinal);
            (code, output, _) = await CliRunner.RunAsync([verb, image, "--json"]);
            Assert.Equal(expected, code);
            Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(output).RootElement.ValueKind);
        }
    }

    /// <summary>As calc.exe or any other program.</summary>
    [Fact]
    public async Task Doctor_does_not_call_healthy_a_program_that_is_no_driver()
    {
        var file = _folder.In("calc.exe");
        File.WriteAllBytes(file, File.ReadAllBytes(typeof(NoImageTests).Assembly.Location));
        var (code, output, error) = await CliRunner.RunAsync(["doctor", file]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("neither tcpip.sys nor tcpip6.sys", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>"Nothing of the kind" would be said of a Windows that nobody looked at.</summary>
    [Fact]
    public async Task Doctor_does_not_call_healthy_what_it_cannot_read()
    {
        var file = _folder.In("xp.img");
        File.WriteAllBytes(file, [1, 2, 3, 0, .. new byte[5000]]);
        var (code, output, error) = await CliRunner.RunAsync(["doctor", file]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("this is no Windows driver, no image of a disk", Assert.Single(error.TrimEnd().Split('\n')),
            StringComparison.Ordinal);
    }

    /// <summary>The remedy that a damaged journal's message gives.</summary>
    [Theory]
    [InlineData("{")]
    [InlineData("")]
    public async Task Restore_says_that_the_journal_is_damaged_and_what_it_advises_gives_the_original_back(string journal)
    {
        var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, CodeSize = 20_000 }).Bytes;
        _folder.Write("xp.img", TestDisks.Mbr(512, (6, TestDisks.Fat(false, true, ("i386", "tcpip.sys", driver)))));
        var image = _folder.In("xp.img");
        var original = File.ReadAllBytes(image);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        File.WriteAllText(image + ImageJournal.Suffix, journal);
        var before = _folder.Snapshot();
        foreach (string[] words in (string[][])[["--yes"], ["--dry-run"], ["--force", "--yes"]])
        {
            var (code, output, error) = await CliRunner.RunAsync(["restore", image, .. words]);
            Assert.Equal((1, ""), (code, output));
            var line = Assert.Single(error.TrimEnd().Split('\n'));
            Assert.Contains($"the journal {image + ImageJournal.Suffix} is damaged", line, StringComparison.Ordinal);
            Assert.Contains("move it away, and patch to 10, the limit that Microsoft shipped. "
                + $"That is 'halfopen patch {image} --limit 10'", line,
                StringComparison.Ordinal);
            _folder.AssertUnchanged(before);
        }

        File.Move(image + ImageJournal.Suffix, _folder.In("away"));
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--limit", "10", "--yes"])).Code);
        Assert.Equal(original, File.ReadAllBytes(image));
    }
}
