using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using HalfOpen.SystemTests.Guard;
using HalfOpen.Tests.Web;
using HalfOpen.Watch.Feed;
using HalfOpen.Web;
using Microsoft.Playwright;
using Xunit;

namespace HalfOpen.SystemTests.Web;

/// <summary>The page in a real browser.</summary>
public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private readonly FrameHub _hub = new();
    private WebPage? _server;
    private long _number;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private WebPage Server => _server ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        browser.SkipWithout();
        _server = await WebPage.StartAsync(_hub, new WebOptions());
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task It_draws_what_comes_and_goes_on_live()
    {
        Publish();
        await using var tab = await browser.OpenAsync(Server.Link);
        await tab.WaitAsync("document.querySelectorAll('#who tbody tr').length === 12");
        Assert.Contains("transmission", await tab.TextAsync("#verdict"), StringComparison.Ordinal);
        Assert.Contains("9 of 10 slots", await tab.Page.TitleAsync(), StringComparison.Ordinal);
        for (var i = 0; i < 4; i++)
        {
            Publish();
        }

        await tab.WaitAsync("document.querySelector('#who tbody td:nth-child(3)').textContent === '195'");
        await tab.WaitAsync("document.querySelectorAll('.plot canvas').length === 4"); // curves, with words below each
        Assert.Contains("transmission 195", await tab.TextAsync("#chart-programs .sum"), StringComparison.Ordinal);
        Assert.Contains("9 of 10 slots taken, 34 waiting", await tab.TextAsync("#chart-slots .sum"), StringComparison.Ordinal);
        Assert.Contains("20 answered, 32 without an answer, 4", await tab.TextAsync("#chart-outcomes .sum"), StringComparison.Ordinal);
        Assert.Contains("entries of 4,096", await tab.TextAsync("#chart-tracked .sum"), StringComparison.Ordinal);
        Assert.Contains("user bob", await tab.TextAsync("#owners tbody"), StringComparison.Ordinal);
        Assert.True(await tab.Page.EvaluateAsync<bool>("""
            () => [...document.querySelectorAll('.plot canvas')].every(c => {
              const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
              return d.some((v, i) => i % 4 === 3 && v > 0);
            })
            """), "a curve is empty");

        // Names are text, whatever they are.
        const string Shown = "evil\\u{202e}gnp\\u{1b}[2J<img src=x onerror=alert(1)>\\u{200b}";
        Assert.Contains(Shown, await tab.TextAsync("#who tbody"), StringComparison.Ordinal);
        Assert.Equal(0, await tab.Page.Locator("main img").CountAsync());
        tab.AssertQuiet();
    }

    [Fact]
    public async Task It_is_sorted_filtered_opened_and_frozen_by_mouse_and_by_keys()
    {
        Publish();
        await using var tab = await browser.OpenAsync(Server.Link);
        await tab.WaitAsync("document.querySelectorAll('#who tbody tr').length === 12");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Program", Exact = true }).ClickAsync();
        Assert.Contains("evil", await tab.TextAsync("#who tbody tr"), StringComparison.Ordinal);
        await tab.Page.Keyboard.PressAsync("r");
        Assert.Equal("transmission", await tab.TextAsync("#who tbody tr .open"));
        Assert.Equal("descending", await tab.Page.Locator("#who thead th").First.GetAttributeAsync("aria-sort"));
        await tab.Page.Keyboard.PressAsync(">");
        Assert.Equal("ascending", await tab.Page.Locator("#who thead th").Nth(1).GetAttributeAsync("aria-sort"));

        await tab.Page.Keyboard.PressAsync("/");
        await tab.Page.Keyboard.TypeAsync("program-1");
        Assert.Equal(3, await tab.Page.Locator("#who tbody tr").CountAsync());
        Assert.Equal("3 of 12 programs", await tab.TextAsync("#shown"));
        await tab.Page.Keyboard.PressAsync("Escape");
        await tab.Page.Keyboard.PressAsync("/");
        await tab.Page.Keyboard.TypeAsync(":6881"); // 1 and 10 of MadeFrames
        Assert.Equal(2, await tab.Page.Locator("#who tbody tr").CountAsync());

        await tab.Page.Keyboard.PressAsync("Enter"); // to the row
        await tab.Page.Keyboard.PressAsync("Enter"); // opens it
        var below = await tab.TextAsync("#who tbody tr.more");
        Assert.Contains("203.0.113.1:6881", below, StringComparison.Ordinal);
        Assert.Contains("[2001:db8::1]:443", below, StringComparison.Ordinal);
        Assert.Contains("its own attempts hold its share of the slots", below, StringComparison.Ordinal);
        Assert.Contains("12,345 more destinations", below, StringComparison.Ordinal);
        Publish(); // focus stays where it was, what is open stays open
        await tab.WaitAsync("document.querySelector('#who tbody td:nth-child(3)').textContent === '192'");
        Assert.Equal("transmission", await tab.Page.EvaluateAsync<string>("document.activeElement.textContent"));
        Assert.Equal(1, await tab.Page.Locator("#who tbody tr.more").CountAsync());

        await tab.Page.Keyboard.PressAsync("p");
        Assert.Equal("true", await tab.Page.Locator("#freeze").GetAttributeAsync("aria-pressed"));
        Publish();
        await tab.WaitAsync("document.title.startsWith('Frozen: ')");
        Assert.Equal("192", await tab.TextAsync("#who tbody td:nth-child(3)"));
        await tab.Page.Locator("#verdict").ClickAsync();
        await tab.Page.EvaluateAsync("document.activeElement.blur()");
        await tab.Page.Keyboard.PressAsync(" ");
        await tab.WaitAsync("document.querySelector('#who tbody td:nth-child(3)').textContent === '193'");
        tab.AssertQuiet();
    }

    [Fact]
    public async Task It_comes_back_by_itself_when_the_server_does()
    {
        Publish();
        var options = new WebOptions { Port = Server.Link.Port, Token = Token(Server.Link) };
        await using var tab = await browser.OpenAsync(Server.Link);
        await tab.WaitAsync("document.title.includes('slots')");
        await Server.DisposeAsync();
        await tab.WaitAsync("document.getElementById('status').textContent.startsWith('Lost, trying again')");
        Assert.StartsWith("Lost", await tab.Page.TitleAsync(), StringComparison.Ordinal);
        Publish();
        _server = await WebPage.StartAsync(_hub, options);
        await tab.WaitAsync("document.getElementById('status').textContent === 'Live.'");
        await tab.WaitAsync("document.querySelector('#who tbody td:nth-child(3)').textContent === '192'");
        tab.AssertQuiet(exceptNetwork: true);

        // Another watch with another link: said, and its figures stay its own.
        await Server.DisposeAsync();
        _server = await WebPage.StartAsync(_hub, options with { Token = WebToken.New() });
        await tab.WaitAsync("document.getElementById('status').textContent.includes('another link')");
    }

    /// <summary>The program itself, ended and started again by its user.</summary>
    [Fact]
    public async Task With_a_token_file_an_open_page_goes_on_after_the_program_was_started_again()
    {
        Needs.Root();
        var folder = Directory.CreateTempSubdirectory("halfopen-web-");
        try
        {
            int port;
            await using (var free = await WebPage.StartAsync(_hub, new WebOptions()))
            {
                port = free.Link.Port;
            }

            var token = Path.Combine(folder.FullName, "token");
            string[] words = ["watch", "--web", "--port", $"{port}", "--token-file", token, "--every", "0.2s"];
            using var first = new RunningPage(words);
            await using var tab = await browser.OpenAsync(first.Link);
            await tab.WaitAsync("document.getElementById('status').textContent === 'Live.'");
            await first.EndAsync();
            await tab.WaitAsync("document.getElementById('status').textContent.startsWith('Lost, trying again')");
            using var second = new RunningPage(words);
            Assert.Equal(first.Link, second.Link);
            await tab.WaitAsync("document.getElementById('status').textContent === 'Live.'");
            await second.EndAsync();
            tab.AssertQuiet(exceptNetwork: true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Axe_finds_nothing_and_nothing_is_cut_off(ColorScheme scheme, int width)
    {
        Publish();
        await using var tab = await browser.OpenAsync(Server.Link, scheme, width, 780);
        await tab.WaitAsync("document.querySelectorAll('#who tbody tr').length === 12");
        Publish();
        await tab.Page.Locator("#keys").ClickAsync();
        await tab.Page.Locator("#who tbody .open").First.ClickAsync();
        await tab.WaitAsync("document.querySelectorAll('#who tbody tr.more').length === 1");
        await AssertAccessibleAsync(tab, width);
        tab.AssertQuiet();
    }

    /// <summary>Contrast, labels and what else axe knows of; and nothing is wider than the screen.</summary>
    internal static async Task AssertAccessibleAsync(Tab tab, int width)
    {
        var found = await tab.Page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag",
            Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } });
        Assert.True(found.Violations.Length == 0, string.Join('\n', found.Violations.Select(v => $"{v.Id}: {v.Help} "
            + string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html + string.Join(' ', n.Any.Select(a => a.Message)))))));
        Assert.Contains(found.Passes, p => p.Id == "color-contrast");
        Assert.Equal(width, await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task A_thousand_programs_do_not_choke_it()
    {
        Publish(1000);
        await using var tab = await browser.OpenAsync(Server.Link);
        await tab.WaitAsync("document.querySelectorAll('#who tbody tr').length === 100");
        Assert.Equal("1,000 programs", await tab.TextAsync("#shown"));
        await tab.Page.Locator("#more").ClickAsync();
        Assert.Equal(200, await tab.Page.Locator("#who tbody tr").CountAsync());
        await tab.Page.Keyboard.PressAsync("/");
        await tab.Page.Keyboard.TypeAsync("program-987");
        Assert.Equal(1, await tab.Page.Locator("#who tbody tr").CountAsync());
        await tab.Page.Keyboard.PressAsync("Escape");
        for (var i = 0; i < 10; i++)
        {
            Publish(1000);
        }

        await tab.WaitAsync("document.querySelector('#who tbody td:nth-child(3)').textContent === '194'");
        var nodes = await tab.Page.EvaluateAsync<int>("document.querySelectorAll('*').length");
        Assert.True(nodes < 4000, $"{nodes} elements");
        tab.AssertQuiet();
    }

    [Fact]
    public async Task Tab_goes_through_all_controls_and_each_shows_that_it_has_the_focus()
    {
        Publish(3);
        await using var tab = await browser.OpenAsync(Server.Link);
        await tab.WaitAsync("document.querySelectorAll('#who tbody tr').length === 3");
        var names = new List<string>();
        for (var i = 0; i < 18; i++)
        {
            await tab.Page.Keyboard.PressAsync("Tab");
            names.Add(await tab.Page.EvaluateAsync<string>("document.activeElement.id || document.activeElement.textContent"));
            Assert.Equal("solid", await tab.Page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        }

        Assert.Equal(["To the table of programs", "freeze", "keys", "filter", "Program", "Owner"], names.Take(6));
        Assert.Equal("transmission", names[15]);
    }

    private void Publish(int programs = 12) => _hub.Publish(MadeFrames.Of(++_number, programs));

    private static WebToken Token(Uri link) =>
        WebToken.TryParse(link.AbsolutePath.Trim('/'), out var token) ? token : throw new InvalidOperationException("no token");
}
