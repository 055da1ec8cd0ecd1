using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Guard;
using HalfOpen.Cli.Lab;
using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Service;
using HalfOpen.Lab.Runs;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Guard;
using HalfOpen.Tests.Lab;
using Json.Schema;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// What verbs really print with --json, held against docs/schemas by a validator; also when they fail.
/// </summary>
public sealed partial class DocumentTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("halfopen-documents-");

    public static TheoryData<string, string> Documents() => new()
    {
        { "simulate", "simulate --set durationSeconds=30 --json" },
        { "simulate", "simulate --set durationSeconds=30 --set browser.silent=1 --policy fair --limit 10 --json" },
        { "simulate", "simulate --scenario outbreak --hosts 200 --policy unlimited --json" },
        { "simulate", "simulate --scenario nat --set durationSeconds=60 --policy fair --assert page.count>=0 --json" },
        { "simulate", "simulate --set durationSeconds=30 --policy fair --assert jain<=2 --assert maxHalfOpen<=1 --scenario greedy --json" },
        { "simulate-list", "simulate --list --json" },
        { "text", "completions bash --json" },
        { "text", "man halfopen-guard --json" },
        { "names", "man --json" },
        { "text", "guard --show-config --json" },
        { "guard-dry-run", "guard --dry-run --json" },
        { "guard-dry-run", "guard --dry-run --router --json --script removal" },
        { "error", "simulate --scenario nothing --json" },
        { "error", "simulate --limit 0 --json" },
        { "error", "simulate --nonsense --json" },
        { "error", "completions tcsh --json" },
        { "error", "man nothing --json" },
        { "error", "guard --limit nothing --dry-run --json" },
        { "error", "guard --script removal --json" },
        { "error", "inspect /nonexistent/tcpip.sys --json" },
        { "error", "status --socket /nonexistent/guard.sock --json" },
        { "error", "limit 0 --json" },
        { "error", "reload --socket /nonexistent/guard.sock --json" },
        { "error", "replay /nonexistent/trace --json" },
        { "error", "lab --seconds 1 --json" },
        { "error", "lab real --seconds 1 --json" },
        { "error", "doctor --from /nonexistent/facts.json --json" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_document_is_as_its_schema_says(string schema, string commandLine)
    {
        var (code, output, error) = await CliRunner.RunAsync(commandLine.Split(' '));
        if (schema == "simulate" && code == 2)
        {
            schema = "error"; // an assertion that has nothing to look at
        }

        var document = Hold(schema, output);
        if (schema == "error")
        {
            Assert.Equal(code, (int)document["exitCode"]!);
            Assert.InRange(code, 1, 2);
            Assert.Contains((string)document["error"]!, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Drivers()
    {
        var file = Path.Combine(_folder.FullName, "tcpip.sys");
        await File.WriteAllBytesAsync(file, SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 6, Limit = 10 }).Bytes);
        Hold("inspect", (await CliRunner.RunAsync(["inspect", _folder.FullName, "--json"])).Out);
        Hold("inspect", (await CliRunner.RunAsync(["inspect", Directory.CreateDirectory(file + ".d").FullName, "--json"])).Out);
        Hold("patch", (await CliRunner.RunAsync(["patch", file, "--limit", "50", "--yes", "--json"])).Out);
        Hold("patch", (await CliRunner.RunAsync(["patch", file, "--limit", "60", "--dry-run", "--json"])).Out);
        Hold("restore", (await CliRunner.RunAsync(["restore", file, "--yes", "--json"])).Out);
        Hold("restore", (await CliRunner.RunAsync(["restore", file, "--yes", "--json"])).Out);
    }

    [Fact]
    public async Task A_running_guard()
    {
        var socket = Path.Combine(_folder.FullName, "guard.sock");
        using var server = new ControlServer(socket, new FakeGuard());
        Hold("status", (await CliRunner.RunAsync(["status", "--socket", socket, "--json"])).Out);
        Assert.Equal(50, (int)Hold("limit", (await CliRunner.RunAsync(["limit", "50", "--socket", socket, "--json"])).Out)["limit"]!);
        Hold("reload", (await CliRunner.RunAsync(["reload", "--socket", socket, "--json"])).Out);
    }

    [Fact]
    public void Events_of_a_guard()
    {
        var output = new StringWriter();
        var terminal = new Terminal(TextReader.Null, output, TextWriter.Null, false, false, false, 100);
        var report = new GuardReport(terminal, new GuardLog(TextWriter.Null, false, TimeProvider.System), json: true, quiet: false);
        report.LimitReached(new GuardWarning(10, 5, "aria2c", 9));
        report.Ended(new FakeGuard().Status);
        var lines = output.ToString().Trim().Split('\n');
        Assert.Equal(["limitReached", "ended"], lines.Select(l => (string)Hold("guard", l)["event"]!));
        Hold("status", JsonNode.Parse(lines[1])!["status"]!.ToJsonString());
    }

    [Fact]
    public void The_lab()
    {
        Hold("lab", LabDocument.Write(ReportTests.Result()));
        var plan = new LabPlan { Scenario = LabScenario.Freeze, Policy = "fair", Limit = 10 };
        Hold("lab-real", RealDocument.Write([new RealResult(plan, PageFigures.Of([0.1 + 0.2], [], null), 5, 2, 10, 10)]));
    }

    [Fact]
    public async Task A_replay_and_its_failure_are_lines_of_json()
    {
        var (code, output, _) = await CliRunner.RunAsync(["replay", "--policy", "windows-xp", "--limit", "1", "--json"],
            """
            {"t":0,"submit":1,"program":"a","destination":"10.0.0.1:443"}
            {"t":0.1,"submit":2,"program":"a","destination":"10.0.0.2:443"}
            {"t":5,"outcome":1,"is":"nothing"}
            """);
        Assert.Equal(2, code);
        var lines = output.Trim().Split('\n');
        Assert.Equal(3, lines.Length);
        Hold("replay", lines[0]);
        Hold("replay", lines[1]);
        Hold("error", lines[2]);
    }

    /// <summary>0.30000000000000004 says something that nobody measured.</summary>
    private static void AreRounded(string json) => Assert.DoesNotMatch(ManyDigits(), json);

    [GeneratedRegex(@"[:\[,]\s*-?\d+\.\d{5,}")]
    private static partial Regex ManyDigits();

    private static JsonNode Hold(string schema, string output)
    {
        AreRounded(output);
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "schemas", schema + ".schema.json"));
        var document = JsonDocument.Parse(output); // exactly one
        var found = JsonSchema.FromText(text).Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(found.IsValid, JsonSerializer.Serialize(found) + output);
        return JsonNode.Parse(output)!;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
