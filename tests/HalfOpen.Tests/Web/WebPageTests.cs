using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;
using HalfOpen.Web;
using Json.Schema;
using Xunit;

namespace HalfOpen.Tests.Web;

/// <summary>Who gets what over HTTP: whoever has the link, from a page of ours; nobody else gets anything.</summary>
public sealed class WebPageTests : IAsyncLifetime
{
    private readonly FrameHub _hub = new();
    private WebPage? _page;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private WebPage Page => _page ?? throw new InvalidOperationException("not started");

    private string Root => Page.Link.AbsolutePath;

    public async ValueTask InitializeAsync()
    {
        _hub.Publish(MadeFrames.Of(1));
        _page = await WebPage.StartAsync(_hub, new WebOptions { Readers = 2 });
    }

    public ValueTask DisposeAsync() => Page.DisposeAsync();

    [Fact]
    public async Task The_link_opens_the_page_and_all_that_it_names()
    {
        foreach (var name in Assets.Names.Append(""))
        {
            var answer = await RawClient.AskAsync(Page.Link, Root + name, Cancel);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nX-Content-Type-Options: nosniff\r\n", answer, StringComparison.Ordinal);
        }

        using var json = JsonDocument.Parse(Body(await RawClient.AskAsync(Page.Link, Root + "frame.json", Cancel)));
        Assert.Equal(1, json.RootElement.GetProperty("number").GetInt32());
        var head = await RawClient.AskAsync(Page.Link, Root, Cancel, "HEAD");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
        Assert.Equal("", Body(head));
        Assert.StartsWith("HTTP/1.1 308", await RawClient.AskAsync(Page.Link, Root.TrimEnd('/'), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_forbids_what_a_page_of_ours_never_does()
    {
        foreach (var path in new[] { Root, Root + "frame.json", Root + "none", "/", "/favicon.ico" })
        {
            var answer = await RawClient.AskAsync(Page.Link, path, Cancel);
            foreach (
                var header in new[]
                {
                    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                        + "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
                    "Cache-Control: no-store", "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin",
                })
            {
                Assert.Contains("\r\n" + header + "\r\n", answer, StringComparison.Ordinal);
            }

            Assert.DoesNotContain("Set-Cookie", answer, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Access-Control", answer, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\r\nServer:", answer, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:{port}")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("localhost.evil.example:{port}")]
    [InlineData("127.0.0.1:{port}@evil.example")]
    [InlineData("0.0.0.0:{port}")]
    [InlineData(null)]
    public async Task Under_another_name_nobody_gets_anything(string? host)
    {
        var name = host?.Replace("{port}", $"{Page.Link.Port}", StringComparison.Ordinal);
        var answer = await RawClient.AskAsync(Page.Link, Root, Cancel, host: name);
        Refused(answer, 400, 421);
    }

    [Fact]
    public async Task Under_each_of_its_own_names_it_answers()
    {
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]" })
        {
            Assert.StartsWith("HTTP/1.1 200", await RawClient.AskAsync(Page.Link, Root, Cancel, host: $"{host}:{Page.Link.Port}",
                head: $"Origin: http://{host}:{Page.Link.Port}\r\n"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Origin: http://evil.example\r\n")]
    [InlineData("Origin: null\r\n")]
    [InlineData("Origin: https://127.0.0.1:{port}\r\n")]
    [InlineData("Origin: http://127.0.0.1:1\r\n")]
    [InlineData("Origin: http://127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n")]
    [InlineData("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: script\r\n")]
    [InlineData("Sec-Fetch-Site: same-site\r\nSec-Fetch-Dest: iframe\r\n")]
    public async Task Another_site_gets_nothing_even_with_the_token(string head) =>
        Refused(await RawClient.AskAsync(Page.Link, Root + "frame.json", Cancel,
            head: head.Replace("{port}", $"{Page.Link.Port}", StringComparison.Ordinal)), 403);

    [Fact]
    public async Task Without_the_token_there_is_nothing()
    {
        var token = Root.Trim('/');
        var other = (token[0] == '0' ? '1' : '0') + token[1..];
        foreach (var path in new[] { "/", "/frames", "/frame.json", "/app.js", $"/{other}/", $"/{token[..31]}/", $"/{token}0/",
            $"/x/{token}/", $"/?token={token}", $"/{token}/../", $"/{token}/%2e%2e/", "/ü/", "//" })
        {
            Refused(await RawClient.AskAsync(Page.Link, path, Cancel), 400, 403);
        }
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("vendor/uPlot.min.js")]
    [InlineData("app.js%00.html")]
    [InlineData("app.js/")]
    [InlineData("APP.JS")]
    [InlineData("..\\app.js")]
    public async Task No_path_leads_out_of_the_list_of_files(string path) =>
        Refused(await RawClient.AskAsync(Page.Link, Root + path, Cancel), 400, 403, 404);

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("PROPFIND")]
    [InlineData("get")]
    public async Task It_can_only_be_read(string method) =>
        Refused(await RawClient.AskAsync(Page.Link, Root, Cancel, method, head: "Content-Length: 0\r\n"), 405);

    [Fact]
    public async Task A_body_and_a_head_without_end_are_refused()
    {
        Refused(await RawClient.AskAsync(Page.Link, Root, Cancel, head: "Content-Length: 5\r\n"), 400);
        Refused(await RawClient.AskAsync(Page.Link, Root, Cancel, head: "Transfer-Encoding: chunked\r\n"), 400);
        Refused(await RawClient.AskAsync(Page.Link, Root, Cancel, head: $"X: {new string('x', 9000)}\r\n"), 400, 431);
        Refused(await RawClient.AskAsync(Page.Link, "/" + new string('x', 3000), Cancel), 400, 414);
    }

    [Fact]
    public void It_listens_on_loopback_only()
    {
        var mine = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(l => l.Port == Page.Link.Port).ToArray();
        Assert.NotEmpty(mine);
        Assert.All(mine, l => Assert.True(IPAddress.IsLoopback(l.Address), l.ToString()));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_that_names_it()
    {
        var problem = await Assert.ThrowsAsync<SocketException>(() => WebPage.StartAsync(_hub, new WebOptions { Port = Page.Link.Port }));
        Assert.Equal(SocketError.AddressAlreadyInUse, problem.SocketErrorCode);
    }

    [Fact]
    public async Task Several_machines_have_an_overview_and_a_page_each_behind_the_same_token()
    {
        var overview = new FeedHub<MachinesFrame>();
        var second = new FrameHub();
        overview.Publish(new MachinesFrame(7, DateTimeOffset.UnixEpoch, "browsing", 0.5, false,
            [new MachineState("one", 3, null), new MachineState(MadeFrames.Evil, 4, MadeFrames.Of(2))]));
        second.Publish(MadeFrames.Of(2));
        await using var page = await WebPage.StartAsync(overview, [new FrameHub(), second], new WebOptions());
        var root = page.Link.AbsolutePath;
        async Task<string> Ask(string path) => await RawClient.AskAsync(page.Link, path, Cancel);
        Assert.Contains("overview.js", await Ask(root), StringComparison.Ordinal);
        Assert.Contains("overview.js", await Ask(root + "m7/../"), StringComparison.Ordinal);
        Assert.Contains("id=\"who\"", await Ask(root + "m1/"), StringComparison.Ordinal);
        Assert.Contains("\r\nLocation: " + root + "m1/\r\n", await Ask(root + "m1"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await Ask(root + "m1/app.js"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 503", await Ask(root + "m0/frame.json"), StringComparison.Ordinal);
        using var frame = JsonDocument.Parse(Body(await Ask(root + "m1/frame.json")));
        Assert.Equal(2, frame.RootElement.GetProperty("number").GetInt32());
        var text = Body(await Ask(root + "frame.json"));
        using var all = JsonDocument.Parse(text);
        var schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(Repository.Root, "docs", "schemas", "overview.schema.json")));
        Assert.True(schema.Evaluate(all.RootElement).IsValid, text);
        Assert.Equal(MachinesJson.Version, all.RootElement.GetProperty("version").GetInt32());
        Assert.False(schema.Evaluate(JsonDocument.Parse(text.Replace("\"pages\":3", "\"pages\":-3", StringComparison.Ordinal)).RootElement)
            .IsValid);
        Assert.DoesNotContain(text, c => c is '\u202e' or '\e' or '\u200b');
        Assert.Equal(JsonValueKind.Null, all.RootElement.GetProperty("machines")[0].GetProperty("now").ValueKind);
        var now = all.RootElement.GetProperty("machines")[1].GetProperty("now");
        Assert.Equal(("transmission", 9), (now.GetProperty("mostBy").GetString(),
            now.GetProperty("guard").GetProperty("slotsTaken").GetInt32()));
        foreach (var path in (string[])["m2/", "m-1/", "m1/m1/", "m1/../../", "m99999999999/", "m1/index.html/", "mx/frames"])
        {
            Refused(await Ask(root + path), 400, 403, 404);
        }

        foreach (var path in (string[])["/m1/", "/m1/frames"])
        {
            Refused(await Ask(path), 403);
        }
    }

    [Fact]
    public void Tokens_are_128_bits_and_differ()
    {
        Assert.Matches("^/[0-9a-f]{32}/$", Root);
        Assert.NotEqual(WebToken.New().Reveal(), WebToken.New().Reveal());
        Assert.True(WebToken.TryParse(Root.Trim('/'), out var same) && same.Is(Root.Trim('/')));
        Assert.All(["", "0", new string('0', 33), new string('G', 32), new string('A', 32), new string('\u0660', 32)],
            t => Assert.False(WebToken.TryParse(t, out _)));
    }

    private static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    /// <summary>One of these, and nothing of what the watch saw.</summary>
    private static void Refused(string answer, params int[] statuses)
    {
        Assert.Contains(int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), statuses);
        Assert.DoesNotContain("transmission", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }
}
