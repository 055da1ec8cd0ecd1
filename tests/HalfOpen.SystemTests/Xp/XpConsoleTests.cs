using System.Text.Json;
using Xunit;

namespace HalfOpen.SystemTests.Xp;

/// <summary>HalfOpen.exe as a console program under mono, hand in hand with the Linux program.</summary>
public sealed class XpConsoleTests : IDisposable
{
    private readonly XpTree _xp = new();

    public void Dispose() => _xp.Dispose();

    [Fact]
    public async Task It_inspects_patches_and_restores()
    {
        MonoProgram.Need();
        var (code, output, error) = await MonoProgram.RunAsync(["/inspect", "/windows", _xp.Folder, "/language", "en"]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("may have 10 connection attempts", output, StringComparison.Ordinal);
        Assert.Equal(5, output.Split("9/9").Length - 1);

        (code, output, _) = await MonoProgram.RunAsync(["/patch", "100", "/windows", _xp.Folder, "/language", "de"], "j\n");
        Assert.Equal(0, code);
        Assert.Contains("Fertig: 5 Dateien auf 100 gesetzt", output, StringComparison.Ordinal);
        Assert.True(_xp.AllAre(100));
        Assert.Equal(0, (await MonoProgram.RunAsync(["/restore", "/quiet", "/windows", _xp.Folder])).Code);
        Assert.True(_xp.IsUntouched);
    }

    [Fact]
    public async Task What_one_program_patches_the_other_restores()
    {
        MonoProgram.Need();
        Assert.Equal(0, (await MonoProgram.RunAsync(["/patch", "/quiet", "/windows", _xp.Folder])).Code);
        var (code, output, error) = await BuiltProgram.RunAsync(["inspect", _xp.Folder, "--json"]);
        Assert.True(code == 0, error);
        using (var json = JsonDocument.Parse(output))
        {
            var drivers = json.RootElement.GetProperty("drivers").EnumerateArray();
            Assert.All(drivers, d => Assert.Equal("halfopen", d.GetProperty("origin").GetString()));
        }

        Assert.Equal(0, (await BuiltProgram.RunAsync(["restore", _xp.Folder, "--yes"])).Code);
        Assert.True(_xp.IsUntouched);
        Assert.Equal(0, (await BuiltProgram.RunAsync(["patch", _xp.Folder, "--yes"])).Code);
        (_, output, _) = await MonoProgram.RunAsync(["/inspect", "/language:en", "/windows", _xp.Folder]);
        Assert.Contains("patched, backup kept", output, StringComparison.Ordinal);
        Assert.Equal(0, (await MonoProgram.RunAsync(["/restore", "/quiet", "/windows", _xp.Folder])).Code);
        Assert.True(_xp.IsUntouched);
    }

    [Theory]
    [InlineData(2, "unknown option /nonsense", "/nonsense")]
    [InlineData(2, "this is no Windows", "/inspect")]
    [InlineData(2, "no such folder", "/inspect", "/windows", "/nowhere")]
    [InlineData(2, "is no usable limit", "/patch", "0")]
    [InlineData(2, "nobody to ask", "/patch", "/windows", "FOLDER")]
    [InlineData(1, "there is no backup of ours", "/restore", "/quiet", "/windows", "FOLDER")]
    [InlineData(2, "connections can be counted on Windows only", "/why", "/windows", "FOLDER")]
    public async Task Mistakes_are_one_line_and_a_number(int expected, string text, params string[] args)
    {
        MonoProgram.Need();
        var words = args.Select(a => a.Replace("FOLDER", _xp.Folder, StringComparison.Ordinal));
        var (code, output, error) = await MonoProgram.RunAsync([.. words, "/language", "en"]);
        Assert.Equal(expected, code);
        Assert.Contains(text, error + output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error + output, StringComparison.Ordinal);
        Assert.True(_xp.IsUntouched);
    }
}
