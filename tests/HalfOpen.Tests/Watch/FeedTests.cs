using System.Buffers;
using System.Text;
using System.Text.Json;
using HalfOpen.Hosting;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;
using Xunit;
using static HalfOpen.Tests.Watch.WatchModelTests;

namespace HalfOpen.Tests.Watch;

/// <summary>Frames on their way: each reader gets the newest, and nothing in them is dangerous to look at.</summary>
public sealed class FeedTests
{
    private const string Evil = "a\u202eb\e[2J\u2028<script>\"'&\ud800\u00ad\u200b\U000E0041ü語";

    [Fact]
    public async Task Every_reader_gets_the_newest_frame_and_the_end()
    {
        var hub = new FrameHub();
        hub.Publish(FrameOf(1));
        await using var early = hub.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.True(await early.MoveNextAsync());
        Assert.Equal(1, early.Current.Number);
        hub.Publish(FrameOf(2));
        hub.Publish(FrameOf(3)); // the reader was slow: the second is gone
        await using var late = hub.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.True(await early.MoveNextAsync() && await late.MoveNextAsync());
        Assert.Equal((3L, 3L), (early.Current.Number, late.Current.Number));
        Assert.Equal(2, hub.Readers);
        hub.End();
        hub.Publish(FrameOf(4));
        Assert.False(await early.MoveNextAsync() || await late.MoveNextAsync());
        Assert.Equal((0, 3L), (hub.Readers, hub.Latest!.Number));
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_forgotten_and_a_problem_reaches_those_that_stay()
    {
        var hub = new FrameHub();
        using var stop = new CancellationTokenSource();
        var gone = hub.ReadAsync(stop.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var waiting = gone.MoveNextAsync();
        await using var stays = hub.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
        var next = stays.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        Assert.Equal(1, hub.Readers);
        hub.End(new InvalidOperationException("the kernel went away"));
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(async () => await next);
        Assert.Equal("the kernel went away", problem.Message);
    }

    [Fact]
    public void A_frame_is_one_plain_line_of_JSON_that_says_all_of_it()
    {
        var model = new WatchModel();
        model.Started(FlowTo(1), new WatchWho("user " + Evil, Evil, Evil, Evil), 42, Seconds(1));
        var guard = new WatchGuard("fair", 10, 4, 1, [new WatchGuardRow(Evil, "", 4, 1, Seconds(2), "")],
            [new WatchGuardRow("user " + Evil, Evil, 4, 1, Seconds(2), Evil)], 3, Evil);
        var frame = model.Frame(Seconds(9), DateTimeOffset.UnixEpoch, new WatchSource(WatchKind.Samples, Evil, Evil, Evil),
            new WatchTable(5, null), guard, hasLost: true);
        var text = Json(frame);

        AssertPlain(text);
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        Assert.Equal((1, "samples", 9.0), (root.GetProperty("version").GetInt32(),
            root.GetProperty("source").GetProperty("kind").GetString()!, root.GetProperty("sinceStartSeconds").GetDouble()));
        Assert.True(root.GetProperty("totals").GetProperty("hasLost").GetBoolean());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("table").GetProperty("max").ValueKind);
        Assert.Equal(Evil.Replace("\ud800", "\ufffd", StringComparison.Ordinal),
            root.GetProperty("guard").GetProperty("problem").GetString());
        var row = root.GetProperty("programs")[0];
        Assert.Equal((1, 42u, 4), (row.GetProperty("halfOpen").GetInt32(), row.GetProperty("processIds")[0].GetUInt32(),
            row.GetProperty("slots").GetInt32()));
        Assert.Equal("10.0.0.1", row.GetProperty("destinations")[0].GetProperty("address").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("others").ValueKind);
    }

    [Fact]
    public void Fewer_rows_may_be_written_and_are_counted()
    {
        var model = new WatchModel();
        for (var i = 0; i < 5; i++)
        {
            model.Started(FlowTo(i), new WatchWho("", "p" + i, "p" + i), 1, Seconds(1));
        }

        using var json = JsonDocument.Parse(Json(model.Frame(Seconds(2), default, new WatchSource(WatchKind.Events, "")), rows: 2));
        Assert.Equal((2, 3), (json.RootElement.GetProperty("programs").GetArrayLength(),
            json.RootElement.GetProperty("programsLeftOut").GetInt32()));
    }

    /// <summary>Every member that is written is described, and every one that is described is written.</summary>
    [Fact]
    public void The_schema_names_every_member()
    {
        var model = new WatchModel(new WatchLimits { Rows = 1 });
        model.Started(FlowTo(1), new WatchWho("a", "b", "c"), 1, Seconds(1));
        model.Started(FlowTo(2), new WatchWho("a", "d", "e"), 1, Seconds(1));
        var guard = new WatchGuard("fair", 1, 1, 1, [new WatchGuardRow("a", "", 1, 1, default, "")], []);
        using var json = JsonDocument.Parse(Json(model.Frame(Seconds(1), default, new WatchSource(WatchKind.Events, ""),
            new WatchTable(1, 2), guard)));
        FrameSchema.Hold(json.RootElement.GetRawText());
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "schemas", "watch.md"));
        var names = new HashSet<string>(StringComparer.Ordinal);
        Collect(json.RootElement, names);
        Assert.All(names, n => Assert.Contains($"`{n}`", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(2, 12, true)]
    [InlineData(3, 1000, true)]
    public void Frames_are_as_the_schema_says_and_the_schema_can_say_no(int number, int programs, bool hasGuard)
    {
        var frame = Json(Web.MadeFrames.Of(number, programs, hasGuard));
        FrameSchema.Hold(frame);
        foreach (var wrong in (string[])[frame.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal),
            frame.Replace("\"count\":", "\"counts\":", StringComparison.Ordinal),
            frame.Replace("\"hasLost\":false", "\"hasLost\":0", StringComparison.Ordinal),
            frame.Replace("\"answered\":", "\"answered\":-", StringComparison.Ordinal)])
        {
            Assert.NotEqual(frame, wrong);
            Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => FrameSchema.Hold(wrong));
        }
    }

    [Fact]
    public void No_character_that_steers_or_hides_leaves_the_shared_escaper()
    {
        var all = string.Concat(Enumerable.Range(0, char.MaxValue + 1).Select(c => (char)c));
        var text = "\"" + PlainJson.Encoder.Encode(all) + "\"";
        AssertPlain(text);
        Assert.Contains("ü", text, StringComparison.Ordinal);
    }

    internal static string Json(WatchFrame frame, int rows = int.MaxValue)
    {
        var buffer = new ArrayBufferWriter<byte>();
        FrameJson.Write(buffer, frame, rows);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void AssertPlain(string text)
    {
        Assert.DoesNotContain(text, char.IsControl);
        Assert.Equal(text, PlainText.Of(text));
    }

    private static void Collect(JsonElement element, HashSet<string> names)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                names.Add(member.Name);
                Collect(member.Value, names);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                Collect(item, names);
            }
        }
    }

    private static WatchFrame FrameOf(long number) => new()
    {
        Number = number, Time = default, SinceStart = default, Source = new WatchSource(WatchKind.Events, ""), Totals = new WatchTotals(),
        Programs = [],
    };
}
