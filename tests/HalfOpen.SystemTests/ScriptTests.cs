using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>The script at the root is the first thing a newcomer runs.</summary>
public sealed class ScriptTests
{
    [Fact]
    public async Task Started_with_nothing_it_says_what_to_try()
    {
        var (code, output, error) = await BuiltProgram.RunAsync([]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Contains("--help", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_is_exit_code_2_and_one_line()
    {
        var (code, output, error) = await BuiltProgram.RunAsync(["no-such-verb"]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}
