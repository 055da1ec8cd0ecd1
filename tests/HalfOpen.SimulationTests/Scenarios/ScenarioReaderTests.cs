using System.Text;
using System.Text.Json;
using HalfOpen.Core;
using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Scenarios;

/// <summary>
/// A scenario is read or refused in one line that says where and what is allowed, whatever the bytes.
/// </summary>
public sealed class ScenarioReaderTests
{
    public static TheoryData<string> Shipped() => [.. ShippedScenarios.Names];

    [Fact]
    public void Five_scenarios_and_more_are_shipped() =>
        Assert.Subset(ShippedScenarios.Names.ToHashSet(), new HashSet<string> { "freeze", "nat", "crawler", "outbreak", "innocent" });

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_scenario_reads_and_has_its_own_name_and_a_sentence(string name)
    {
        var scenario = ShippedScenarios.Find(name)!;
        Assert.Equal(name, scenario.Name);
        Assert.EndsWith(".", scenario.Title.Replace("it.", ".", StringComparison.Ordinal).Replace("?", ".", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n\"programs\": [\n{ \"kind\": \"browser\",\n\"openSeconds\": -5 }\n]}", 4, "programs[0].openSeconds", "-5", "from 0 to")]
    [InlineData("{\n\"programs\": [\n{ \"kind\": \"brower\" }\n]}", 3, "programs[0].kind", "brower", "swarm, browser")]
    [InlineData("{\n\n\"programs\": [ { \"name\": \"x\" } ] }", 3, "programs[0].kind", "missing", "swarm, browser")]
    [InlineData("{ \"programs\": [ { \"kind\": \"swarm\",\n\"opensSeconds\": 1 } ] }", 2, "opensSeconds", "no such field", "openSeconds")]
    [InlineData("{ \"durationSeconds\": \"long\", \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "durationSeconds", "\"long\"",
        "a number from 1")]
    [InlineData("{ \"programs\": [ { \"kind\": \"swarm\", \"concurrent\": 1.5 } ] }", 1, "programs[0].concurrent", "1.5", "a whole number")]
    [InlineData("{ \"programs\": [ { \"kind\": \"swarm\", \"concurrent\": 5, \"ratePerSecond\": 2 } ] }", 1, "programs[0].concurrent",
        "not both", "")]
    [InlineData("{ \"programs\": [ { \"kind\": \"swarm\", \"silent\": 0.8, \"refused\": 0.5 } ] }", 1, "programs[0].silent", "1.3",
        "at most 1")]
    [InlineData("{ \"programs\": [ { \"kind\": \"swarm\", \"answerSeconds\": [2, 1] } ] }", 1, "answerSeconds", "range", "")]
    [InlineData("{ \"programs\": [ { \"kind\": \"swarm\" }, { \"kind\": \"swarm\" } ] }", 1, "programs", "swarm", "count")]
    [InlineData("{ \"name\": \"x\",\n \"name\": \"y\" }", 2, "name", "twice", "")]
    [InlineData("{ \"limits\": [0], \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "limits", "0", "from 1")]
    [InlineData("{ \"policies\": [\"fare\"], \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "policies", "fare", "windows-xp")]
    [InlineData("{ \"faults\": [ { \"at\": 1 } ], \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "faults[0].at", "one of", "limit")]
    [InlineData("{ \"faults\": [ { \"at\": 1, \"loss\": 0.5 } ], \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "faults[0].seconds",
        "above 0", "")]
    [InlineData("{ \"faults\": [ { \"at\": 1, \"silence\": \"x\" } ],\n \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "faults", "\"x\"",
        "a pool")]
    [InlineData("{ \"outbreak\": { \"hosts\": 100, \"addresses\": 50 } }", 1, "outbreak.addresses", "at least as many", "")]
    [InlineData("{ \"outbreak\": { }, \"programs\": [ { \"kind\": \"swarm\" } ] }", 1, "programs", "not both", "")]
    [InlineData("{ }", 1, "programs", "either programs", "")]
    [InlineData("[ ]", 1, "the file", "an array", "an object")]
    [InlineData("{ \"programs\": x }", 1, "not valid JSON", "", "")]
    public void A_bad_scenario_is_refused_with_line_field_and_what_is_allowed(string json, int line, string field, string found,
        string allowed)
    {
        var e = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(json, "my.json"));
        Assert.StartsWith($"my.json:{line}:", e.Message, StringComparison.Ordinal);
        Assert.Contains(field, e.Message, StringComparison.Ordinal);
        Assert.Contains(found, e.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Comments_and_trailing_commas_are_welcome() =>
        Assert.Equal(ProgramKind.Worm,
            ScenarioReader.Read("{ // a worm\n \"programs\": [ { \"kind\": \"worm\", }, ], }", "x.json").Programs[0].Kind);

    [Fact]
    public void The_freeze_is_the_reference_to_the_letter()
    {
        var s = ShippedScenarios.Find("freeze")!;
        var swarm = s.Programs[0];
        var browser = s.Programs[1];
        Assert.Equal((600, 0, null, 0), (s.DurationSeconds, s.Loss, s.Nat, s.Stack.RefusedRetries));
        Assert.Equal((200, 0.7, 0.1, 0.0, new Span(0.05, 0.2), 5.0),
            (swarm.Concurrent, swarm.Silent, swarm.Refused, swarm.Slow, swarm.AnswerSeconds, swarm.OpenSeconds));
        Assert.Equal((1.0, 5, 6, new Span(0.05, 0.05), 5.0, 10.0),
            (browser.StartSeconds, browser.Hosts, browser.PerHost, browser.AnswerSeconds, browser.OpenSeconds, browser.PauseSeconds));
    }

    [Fact]
    public void Values_can_be_replaced_by_the_name_of_their_program()
    {
        var s = ShippedScenarios.Find("nat", ["swarm.ratePerSecond=50", "nat.capacity=4096", "durationSeconds=60", "name=mine"])!;
        Assert.Equal((50, 4096, 60, "mine"), (s.Programs[0].RatePerSecond, s.Nat!.Capacity, s.DurationSeconds, s.Name));
    }

    [Theory]
    [InlineData("swarm.ratePerSecond=-1", "ratePerSecond")]
    [InlineData("swarm.rate=1", "no such field")]
    [InlineData("storm.rate=1", "no program")]
    [InlineData("swarm.rate.x=1", "not understood")]
    [InlineData("=1", "not understood")]
    [InlineData("durationSeconds", "not understood")]
    [InlineData("durationSeconds=", "durationSeconds")]
    public void A_bad_replacement_is_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<ScenarioException>(() => ShippedScenarios.Find("nat", [text])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_schema_and_the_reader_know_the_same_fields()
    {
        using var schema = JsonDocument.Parse(ShippedScenarios.SchemaJson(PolicyTable.Shipped));
        var root = schema.RootElement.GetProperty("properties");
        AssertFields("{ \"nonsense\": 1, \"programs\": [ { \"kind\": \"swarm\" } ] }", root);
        AssertFields("{ \"programs\": [ { \"kind\": \"swarm\", \"nonsense\": 1 } ] }",
            root.GetProperty("programs").GetProperty("items").GetProperty("properties"));
        AssertFields("{ \"faults\": [ { \"nonsense\": 1 } ], \"programs\": [ { \"kind\": \"swarm\" } ] }",
            root.GetProperty("faults").GetProperty("items").GetProperty("properties"));
        foreach (var name in new[] { "stack", "nat", "outbreak" })
        {
            AssertFields($"{{ \"{name}\": {{ \"nonsense\": 1 }} }}", root.GetProperty(name).GetProperty("properties"));
        }
    }

    /// <summary>50,000 damaged scenarios: each is read or refused in one line, and nothing else happens.</summary>
    [Fact]
    public void Damaged_scenarios_never_escape_as_anything_but_a_message()
    {
        var random = new Prng(20);
        var originals = ShippedScenarios.Names.Select(n => Encoding.UTF8.GetBytes(ShippedScenarios.Json(n)!)).ToList();
        var refused = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = Damage(random, originals[random.NextBelow(originals.Count)]);
            try
            {
                Assert.NotNull(ScenarioReader.Read(bytes, "fuzz.json"));
            }
            catch (ScenarioException e)
            {
                refused++;
                Assert.DoesNotContain('\n', e.Message);
                Assert.InRange(e.Message.Length, 10, 600);
            }
        }

        Assert.InRange(refused, 1_000, 49_999);
    }

    private static byte[] Damage(Prng random, byte[] original)
    {
        var bytes = original.ToList();
        for (var n = random.NextBelow(4); n >= 0; n--)
        {
            var at = random.NextBelow(bytes.Count);
            switch (random.NextBelow(6))
            {
                case 0:
                    bytes[at] = (byte)random.NextBelow(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.RemoveRange(at, random.NextBelow(bytes.Count - at));
                    bytes.Add((byte)' ');
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, random.NextBelow(Math.Min(60, bytes.Count - at))));
                    break;
                case 4:
                    bytes.InsertRange(at, "1e999,-0,[[{\"\\ud800\"\u0000"u8[..random.NextBelow(20)].ToArray());
                    break;
                default:
                    bytes[at] = "{}[]\",:0123456789-e.tfn\\"u8[random.NextBelow(24)];
                    break;
            }
        }

        return [.. bytes];
    }

    private static void AssertFields(string json, JsonElement properties)
    {
        var e = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(json, "x.json"));
        var known = e.Message.Split("allowed here: ")[1].TrimEnd('.').Split(", ");
        Assert.Equal(properties.EnumerateObject().Select(p => p.Name).Order(), known.Order());
    }
}
