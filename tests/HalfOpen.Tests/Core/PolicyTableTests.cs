using System.Reflection;
using System.Text.Json;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Service;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Tests.Cli;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>
/// The table of policies, and that whatever names a policy reads it: a policy added here and nowhere else works
/// everywhere.
/// </summary>
public sealed class PolicyTableTests
{
    private static readonly PolicyTable WithOneMore = PolicyTable.Shipped.With(NewestFirstOptions.TableRow);
    private static readonly string[] Events =
    [
        """{"t":0,"submit":1,"program":"a","destination":"10.0.0.1:80"}""",
        """{"t":0,"submit":2,"program":"a","destination":"10.0.0.2:80"}""",
        """{"t":1,"submit":3,"program":"a","destination":"10.0.0.3:80"}""",
        """{"t":2,"outcome":1,"as":"timed-out"}""",
    ];

    public static TheoryData<string, string> Options() =>
        [.. PolicyTable.Shipped.Rows.SelectMany(r => r.Options.Select(o => new TheoryDataRow<string, string>(r.Name, o.Name)))];

    [Theory]
    [MemberData(nameof(Options))]
    public void An_option_reads_what_it_writes_and_nothing_else(string policy, string name)
    {
        var row = PolicyTable.Shipped.Find(policy)!;
        var option = row.Find(name)!;
        var text = option.Get(row.Default);
        Assert.Equal(row.Default, option.Set(row.Default, text));
        string[] values = option.IsSwitch
            ? [OptionText.Yes, OptionText.No]
            : [text, option.Example ?? text, option.Allowed.Split(' ')[0], option.Allowed.Split(' ', ',')[2]];
        foreach (var value in values)
        {
            var set = option.Set(row.Default, value);
            Assert.True(set is not null, $"{option} {value}");
            Assert.Equal(value, option.Get(set));
            Assert.Null(set.Problem());
            Assert.True(PolicyTable.Shipped.TryParse(set.Text, out var again, out _));
            Assert.Equal(set, again);
        }

        foreach (var wrong in new[] { "", " ", "-1", "x", "99999999999", "99999999999h", "1e3", "\u0663", "0x10", text + "x" })
        {
            Assert.Null(option.Set(row.Default, wrong));
        }

        Assert.EndsWith(".", option.Help, StringComparison.Ordinal);
        Assert.Contains("Default", option.Help, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_a_policy_can_be_told_stands_in_the_table()
    {
        foreach (var row in PolicyTable.Shipped.Rows)
        {
            var settable = row.Default.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Count(p => p.SetMethod is not null);
            Assert.Equal(settable, row.Options.Count);
        }
    }

    [Theory]
    [InlineData("fair+give-up+nat-budget=2000", "fair + give-up + NAT 2000")]
    [InlineData("fair+give-up=no", "fair")]
    [InlineData("fair+lend-headroom=no+lend-before=0s", "fair + no lend-headroom + lend-before 0s")]
    [InlineData("unlimited", "unlimited")]
    public void A_policy_with_options_is_read_and_labelled(string text, string label)
    {
        Assert.True(PolicyTable.Shipped.TryParse(text, out var policy, out _));
        Assert.Equal(label, policy.Label);
    }

    [Theory]
    [InlineData("fare", "there is no policy 'fare'; give fair, windows-xp, fifo or unlimited")]
    [InlineData("", "there is no policy ''")]
    [InlineData("Fair", "there is no policy 'Fair'")]
    [InlineData("a\u001b[31m\u202e", "there is no policy 'a?[31m?'")]
    [InlineData("fifo+give-up", "policy fifo has no options, and 'give-up' is none")]
    [InlineData("fair+giveup", "policy fair has no option 'giveup' (did you mean give-up?); it has give-up, nat-budget, ")]
    [InlineData("fair+", "policy fair has no option ''")]
    [InlineData("fair+nat-budget", "fair+nat-budget='': give 2 to 10000000, or none")]
    [InlineData("fair+nat-budget=1", "fair+nat-budget='1': give 2 to")]
    [InlineData("fair+lend-before=2s", "fair+lend-before='2s': give 0s to 1s")]
    public void What_is_wrong_is_said(string text, string expected)
    {
        Assert.False(PolicyTable.Shipped.TryParse(text, out _, out var problem));
        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_characters_there_is_a_policy_or_one_line()
    {
        var parts = WithOneMore.Names.Concat(WithOneMore.Options.Select(o => "+" + o.Name))
            .Concat(["=", "+", "yes", "none", "10", "1s", "\u202e", "\n", "\0", "-"]).ToArray();
        var understood = 0;
        for (var seed = 0; seed < 50_000; seed++)
        {
            var random = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, 1 + random.Next(6)).Select(_ => parts[random.Next(parts.Length)]));
            if (WithOneMore.TryParse(text, out var policy, out var problem))
            {
                understood++;
                Assert.Null(policy.Problem());
                Assert.True(WithOneMore.TryParse(policy.Text, out var again, out _));
                Assert.Equal(policy, again);
            }
            else
            {
                Assert.DoesNotContain(problem, c => char.IsControl(c) || c == '\u202e');
                Assert.True(problem.Length < 600, problem);
            }
        }

        Assert.True(understood > 1000, $"{understood} understood");
    }

    [Fact]
    public void Options_out_of_range_are_refused_in_words()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(
            () => new Engine(new EngineOptions { Policy = new FairOptions { CreditPerSuccess = 0 } }));
        Assert.Contains("credit-per-success 0 is out of range: give 1 to 100", e.Message, StringComparison.Ordinal);
        Assert.Equal("nat-budget 1 is out of range: give 2 to 10000000, or none",
            new GuardOptions { Policy = new FairOptions { NatBudget = 1 } }.Problem());
    }

    [Fact]
    public void Two_policies_of_one_name_make_no_table() =>
        Assert.Throws<ArgumentException>(() => WithOneMore.With(NewestFirstOptions.TableRow));

    [Fact]
    public async Task A_policy_of_test_code_is_simulated()
    {
        string[] args = ["simulate", "--scenario", "freeze", "--set", "durationSeconds=60", "--policy", "newest-first+spare=2,fifo",
            "--limit", "10", "--json"];
        var (code, output, error) = await CliRunner.RunAsync(args, policies: WithOneMore);
        Assert.Equal((0, ""), (code, error));
        var runs = JsonDocument.Parse(output).RootElement.GetProperty("runs");
        Assert.Equal("newest-first", runs[0].GetProperty("policy").GetString());
        Assert.Equal("2", runs[0].GetProperty("options").GetProperty("spare").GetString());
        Assert.Equal((8, 10), (runs[0].GetProperty("maxCounted").GetInt32(), runs[1].GetProperty("maxCounted").GetInt32()));
        (code, _, error) = await CliRunner.RunAsync(args);
        Assert.Equal(2, code);
        Assert.Contains("there is no policy 'newest-first'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_of_test_code_is_replayed()
    {
        var (code, output, error) = await CliRunner.RunAsync(["replay", "--policy", "newest-first", "--limit", "1"],
            string.Join('\n', Events), policies: WithOneMore);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("""{"t":2,"started":[3],""", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_of_test_code_is_a_policy_for_the_guard()
    {
        var (code, _, error) =
            await CliRunner.RunAsync(["guard", "--dry-run", "--policy", "newest-first", "--spare", "3"], policies: WithOneMore);
        Assert.Equal((0, true), (code, error.Contains("guard would", StringComparison.Ordinal)));
        (code, _, error) =
            await CliRunner.RunAsync(["guard", "--dry-run", "--policy", "newest-first", "--spare", "101"], policies: WithOneMore);
        Assert.Equal((2, true), (code, error.Contains("--spare '101': give 0 to 100", StringComparison.Ordinal)));

        var table = new SettingTable(WithOneMore);
        var settings = ConfigurationFile.Parse("spare = 3\npolicy = newest-first\nlimit = 20", "guard.conf", new GuardSettings(), table);
        Assert.Equal(new NewestFirstOptions { Spare = 3 }, settings.Options.Policy);
        Assert.Contains("newest-first starts the latest wish first", ConfigurationFile.Template(table), StringComparison.Ordinal);
        Assert.Equal("spare does nothing under policy fair: for policy newest-first",
            ConfigurationFile.Parse("spare = 3", "x", new GuardSettings(), table).Useless());
    }

    [Fact]
    public async Task A_policy_of_test_code_stands_in_scenarios_schema_help_and_completions()
    {
        const string Json = """{ "policies": ["newest-first+spare=1"], "programs": [ { "kind": "swarm" } ] }""";
        Assert.Equal(["newest-first+spare=1"], ScenarioReader.Read(Json, "x.json", policies: WithOneMore).Policies);
        var e = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Json, "x.json"));
        Assert.StartsWith("x.json:1: policies: there is no policy 'newest-first'; give", e.Message, StringComparison.Ordinal);

        var schema = JsonDocument.Parse((await CliRunner.RunAsync(["simulate", "--show", "schema"], policies: WithOneMore)).Out)
            .RootElement;
        var names = schema.GetProperty("properties").GetProperty("policies").GetProperty("items").GetProperty("anyOf")[0]
            .GetProperty("enum");
        Assert.Equal(WithOneMore.Names, names.EnumerateArray().Select(n => n.GetString()));

        foreach (var verb in new[] { "simulate", "replay", "guard" })
        {
            Assert.Contains("newest-first", (await CliRunner.RunAsync([verb, "--help"], policies: WithOneMore)).Out.ReplaceLineEndings(" "),
                StringComparison.Ordinal);
            Assert.Contains("newest-first", (await CliRunner.RunAsync(["complete", "--", verb, "--policy", ""], policies: WithOneMore)).Out,
                StringComparison.Ordinal);
        }
    }
}
