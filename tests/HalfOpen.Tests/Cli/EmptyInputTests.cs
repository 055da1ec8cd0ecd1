using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Texts;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// Files with nothing in them, or cut off in the middle: whatever verb reads them says so, in one line.
/// </summary>
public sealed class EmptyInputTests : IDisposable
{
    private const string Event = """{"t":0,"submit":1,"program":"firefox","destination":"10.0.0.1:443"}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("halfopen-empty");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(2, "replay")]
    [InlineData(2, "simulate", "-p", "fair", "-l", "10", "--replay")]
    [InlineData(2, "simulate", "--scenario")]
    [InlineData(2, "doctor")]
    [InlineData(2, "doctor", "--from")]
    [InlineData(1, "inspect")]
    [InlineData(1, "patch", "--yes")]
    public async Task An_empty_file_is_called_empty(int expected, params string[] words)
    {
        var file = Write("");
        var (code, output, error) = await CliRunner.RunAsync([.. words, file]);
        Assert.Equal(expected, code);
        Assert.Contains("empty", output + error, StringComparison.Ordinal);
        Assert.True(error.TrimEnd().Split('\n').Length == 1, error);
        Assert.Equal(0, new FileInfo(file).Length);
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("simulate", "-p", "fair", "-l", "10", "--replay")]
    [InlineData("simulate", "--scenario")]
    [InlineData("doctor")]
    [InlineData("doctor", "--from")]
    public async Task Blanks_are_nothing(params string[] words)
    {
        var (code, output, error) = await CliRunner.RunAsync([.. words, Write("  \n\t\r\n\n ")]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("holds nothing but blanks", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("replay", "-")]
    [InlineData("doctor", "-")]
    [InlineData("doctor", "--from", "-")]
    public async Task Standard_input_without_a_byte_has_a_name(params string[] words)
    {
        var (code, output, error) = await CliRunner.RunAsync(words);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("standard input is empty", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_whose_writer_was_cut_off_says_which_line_to_remove()
    {
        var file = Write(Event + "\n" + Event[..30]);
        foreach (string[] words in (string[][])[["replay"], ["simulate", "-p", "fair", "-l", "10", "--replay"]])
        {
            var (code, _, error) = await CliRunner.RunAsync([.. words, file]);
            Assert.Equal(2, code);
            Assert.Contains(file + ":2: the file ends in the middle of this line", error, StringComparison.Ordinal);
        }

        Assert.Contains("line 2: the file ends in the middle", (await CliRunner.RunAsync(["replay"], Event + "\n{\"t\"")).Error,
            StringComparison.Ordinal);
        Assert.Contains("line 2: not JSON;", (await CliRunner.RunAsync(["replay"], Event + "\n{\"t\"\n")).Error, StringComparison.Ordinal);
        Assert.Contains("line 1: not JSON;", (await CliRunner.RunAsync(["replay"], "# a comment\n")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Saved_facts_and_scenarios_that_are_cut_off_anywhere_say_so()
    {
        var facts = FactsJson.Write(new MachineFacts { Notes = ["a note"] });
        var text = System.Text.Encoding.UTF8.GetString(facts).TrimEnd();
        for (var length = 1; length < text.Length; length += 7)
        {
            var (code, _, error) = await CliRunner.RunAsync(["doctor", "--from", Write(text[..length])]);
            Assert.Equal(2, code);
            Assert.Contains("the file ends in the middle: it is cut off", error, StringComparison.Ordinal);
        }

        foreach (var scenario in (string[])["{\"name\":\"x\",", "{", "// a comment\n"])
        {
            Assert.Contains("the file ends in the middle: it is cut off", (await CliRunner.RunAsync(
                ["simulate", "--scenario", Write(scenario)])).Error, StringComparison.Ordinal);
        }

        Assert.Contains("no saved facts", (await CliRunner.RunAsync(["doctor", "--from", Write("{]")])).Error, StringComparison.Ordinal);
    }

    /// <summary><c>ss -tan state syn-sent</c> on a machine that is well prints its heading and nothing more.</summary>
    [Theory]
    [InlineData("State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n", FactsSource.SsText)]
    [InlineData("Recv-Q Send-Q Local Address:Port  Peer Address:Port\n", FactsSource.SsText)]
    [InlineData("Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n", FactsSource.SsText)]
    [InlineData("Active Internet connections (w/o servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n",
        FactsSource.NetstatText)]
    [InlineData("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n",
        FactsSource.NetstatText)]
    public async Task A_heading_without_sockets_is_a_healthy_machine(string text, string source)
    {
        var (code, output, error) = await CliRunner.RunAsync(["doctor", Write(text)]);
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("Nothing of the kind", output, StringComparison.Ordinal);
        Assert.Contains("a heading and no socket below it", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(source, SavedText.Read(System.Text.Encoding.UTF8.GetBytes(text))!.Source);
    }

    [Fact]
    public void A_text_whose_last_line_has_no_end_has_a_note_of_it()
    {
        const string line = "SYN-SENT 0 1 10.0.0.5:43210 198.51.100.4:6881";
        static string[] Notes(string text) => [.. SavedText.Read(System.Text.Encoding.UTF8.GetBytes(text))!.Notes];
        Assert.Empty(Notes(line)); // one line, pasted
        Assert.Empty(Notes(line + "\n" + line + "\n"));
        Assert.Contains("may be cut off", Assert.Single(Notes(line + "\n" + line[..^2])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_folder_advises_to_mount_the_disk()
    {
        foreach (var (verb, expected) in ((string, int)[])[("inspect", 1), ("patch", 1), ("restore", 1), ("doctor", 2)])
        {
            var (code, _, error) = await CliRunner.RunAsync([verb, _folder.FullName]);
            Assert.Equal(expected, code);
            Assert.Contains("is empty: mount the disk there first", error, StringComparison.Ordinal);
        }
    }

    private string Write(string text)
    {
        var path = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(path, text);
        return path;
    }
}
