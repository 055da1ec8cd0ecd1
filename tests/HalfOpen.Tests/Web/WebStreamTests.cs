using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HalfOpen.Watch.Feed;
using HalfOpen.Web;
using Xunit;

namespace HalfOpen.Tests.Web;

/// <summary>Frames as they come, to readers that are quick, slow, gone or not of this world.</summary>
public sealed class WebStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_gets_the_newest_frame_at_once_and_each_that_follows()
    {
        var hub = new FrameHub();
        hub.Publish(MadeFrames.Of(1));
        await using var page = await WebPage.StartAsync(hub, new WebOptions());
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri(page.Link, "frames"), HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal("retry: 1000", await lines.ReadLineAsync(Cancel));
        Assert.Equal(1, await NextAsync(lines));
        hub.Publish(MadeFrames.Of(2));
        Assert.Equal(2, await NextAsync(lines));
        Assert.Equal(1, page.Readers);
        hub.End();
        Assert.Equal("", await lines.ReadLineAsync(Cancel));
        Assert.Null(await lines.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task More_readers_than_places_are_asked_to_come_again_and_one_that_goes_makes_room()
    {
        var hub = new FrameHub();
        hub.Publish(MadeFrames.Of(1));
        await using var page = await WebPage.StartAsync(hub, new WebOptions { Readers = 1 });
        using (var first = await ReaderAsync(page))
        {
            var second = await RawClient.AskAsync(page.Link, page.Link.AbsolutePath + "frames", Cancel);
            Assert.StartsWith("HTTP/1.1 503", second, StringComparison.Ordinal);
            Assert.Contains("\r\nRetry-After: 5\r\n", second, StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 200", await RawClient.AskAsync(page.Link, page.Link.AbsolutePath + "frame.json", Cancel),
                StringComparison.Ordinal);
        }

        while (page.Readers > 0)
        {
            await Task.Delay(5, Cancel);
        }

        using var third = await ReaderAsync(page);
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_is_not_sent_what_is_old()
    {
        var hub = new FrameHub();
        hub.Publish(MadeFrames.Of(1, programs: 1000));
        await using var page = await WebPage.StartAsync(hub, new WebOptions());
        using var slow = await ReaderAsync(page);
        await Task.Delay(200, Cancel); // it is stuck in the first frame now, or a few later, when the sockets are full
        for (var i = 2; i <= 400; i++)
        {
            hub.Publish(MadeFrames.Of(i, programs: 1000));
        }

        var seen = new List<string>();
        var buffer = new byte[1 << 20];
        for (var tail = ""; !seen.Contains("400");)
        {
            var read = await slow.ReceiveAsync(buffer, Cancel);
            Assert.NotEqual(0, read);
            var text = tail + Encoding.Latin1.GetString(buffer, 0, read);
            seen.AddRange(Regex.Matches(text, "id: ([0-9]+)\n").Select(m => m.Groups[1].Value).Except(seen).ToList());
            tail = text[^Math.Min(text.Length, 12)..];
        }

        // What sockets hold had left already; the rest is skipped but for the one it was stuck in and the newest.
        Assert.True(seen.Count <= 100, string.Join(' ', seen));
    }

    /// <summary>
    /// As many as may follow, and connections beyond that ask for nothing: what is kept for all of them together is a
    /// few frames, however many come. Frames are counted and not bytes, which depend on the collector's mood.
    /// </summary>
    [Fact]
    public async Task Readers_that_take_nothing_keep_a_few_frames_and_no_more()
    {
        const int Frames = 300;
        var hub = new FrameHub();
        hub.Publish(MadeFrames.Of(1, programs: 1000));
        await using var page = await WebPage.StartAsync(hub, new WebOptions());
        var stuck = new List<Socket>();
        try
        {
            for (var i = 0; i < 8; i++)
            {
                stuck.Add(await ReaderAsync(page));
            }

            for (var i = 0; i < 60; i++)
            {
                stuck.Add(await RawClient.ConnectAsync(page.Link, Cancel));
            }

            var frames = Publish(hub, Frames);
            for (var i = 0; i < 50 && Alive(frames) > 20; i++)
            {
                await Task.Delay(20, Cancel);
            }

            Assert.InRange(Alive(frames), 1, 20); // the latest, and for each reader the one on its way and the next
            Assert.Equal(8, page.Readers);
        }
        finally
        {
            stuck.ForEach(s => s.Dispose());
        }

        while (page.Readers > 0)
        {
            await Task.Delay(5, Cancel);
        }

        Assert.StartsWith("HTTP/1.1 200", await RawClient.AskAsync(page.Link, page.Link.AbsolutePath, Cancel), StringComparison.Ordinal);
    }

    private static WeakReference[] Publish(FrameHub hub, int count)
    {
        var weak = new WeakReference[count];
        for (var i = 0; i < count; i++)
        {
            var frame = MadeFrames.Of(i + 2, programs: 1000);
            weak[i] = new WeakReference(frame);
            hub.Publish(frame);
        }

        return weak;
    }

    private static int Alive(WeakReference[] frames)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return frames.Count(f => f.IsAlive);
    }

    [Fact]
    public async Task Disposing_ends_everything_although_somebody_reads()
    {
        var hub = new FrameHub();
        hub.Publish(MadeFrames.Of(1));
        var page = await WebPage.StartAsync(hub, new WebOptions());
        using var reader = await ReaderAsync(page);
        await page.DisposeAsync();
        await page.DisposeAsync();
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(page.Link, Cancel));
        Assert.Equal(0, hub.Readers);

        // The port is free again at once.
        await using var again = await WebPage.StartAsync(hub, new WebOptions { Port = page.Link.Port });
        Assert.Equal(page.Link.Port, again.Link.Port);
        Assert.NotEqual(page.Link, again.Link);
    }

    [Fact]
    public async Task Ten_thousand_requests_of_nonsense_give_nothing_away_and_it_still_answers()
    {
        var hub = new FrameHub();
        hub.Publish(MadeFrames.Of(1));
        await using var page = await WebPage.StartAsync(hub, new WebOptions());
        var good = $"GET /{new string('0', 32)}/frame.json HTTP/1.1\r\nHost: {page.Link.Authority}\r\n"
            + $"Origin: http://{page.Link.Authority}\r\nAccept: text/event-stream\r\nRange: bytes=0-\r\nConnection: close\r\n\r\n";
        var random = new Random(10);
        var requests = Enumerable.Range(0, 10_000).Select(_ => Mutated(good, random)).ToArray();
        var eight = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel };
        await Parallel.ForEachAsync(requests, eight, async (request, cancel) =>
        {
            var answer = await RawClient.AskAsync(page.Link, request, cancel);
            Assert.DoesNotContain("transmission", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("HTTP/1.1 500", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("HTTP/1.1 200", answer, StringComparison.Ordinal);
        });
        Assert.StartsWith("HTTP/1.1 200", await RawClient.AskAsync(page.Link, page.Link.AbsolutePath, Cancel), StringComparison.Ordinal);
    }

    private static byte[] Mutated(string good, Random random)
    {
        var bytes = Encoding.Latin1.GetBytes(good).ToList();
        for (var changes = random.Next(1, 12); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.Slice(at, Math.Min(random.Next(1, 200), bytes.Count - at)));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes("\r\n"));
                    break;
                default:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(1, 400)));
                    break;
            }
        }

        return [.. bytes, .. "\r\n\r\n"u8]; // the head ends in any case, and each refusal closes
    }

    private static async Task<Socket> ReaderAsync(WebPage page)
    {
        var socket = await RawClient.ConnectAsync(page.Link, Cancel);
        var request = $"GET {page.Link.AbsolutePath}frames HTTP/1.1\r\nHost: {page.Link.Authority}\r\n\r\n";
        await socket.SendAsync(Encoding.Latin1.GetBytes(request), Cancel);
        var one = new byte[12];
        for (var have = 0; have < one.Length;)
        {
            var read = await socket.ReceiveAsync(one.AsMemory(have), Cancel);
            Assert.NotEqual(0, read);
            have += read;
        }

        Assert.Equal("HTTP/1.1 200", Encoding.Latin1.GetString(one));
        return socket;
    }

    private static async Task<int> NextAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync(Cancel) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                using var json = JsonDocument.Parse(line[6..]);
                return json.RootElement.GetProperty("number").GetInt32();
            }
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
