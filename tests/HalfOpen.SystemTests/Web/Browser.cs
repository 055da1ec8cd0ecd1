using Microsoft.Playwright;
using Xunit;

namespace HalfOpen.SystemTests.Web;

/// <summary>Debian's chromium, started once for a class of tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public void SkipWithout() => Assert.SkipWhen(_browser is null, "skipped: needs chromium (apt-get install chromium)");

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A tab without a past.</summary>
    public async Task<Tab> OpenAsync(Uri link, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900)
    {
        var context = await (_browser ?? throw new InvalidOperationException("no browser")).NewContextAsync(new()
            { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height }, ReducedMotion = ReducedMotion.Reduce });
        context.SetDefaultTimeout(20_000);
        var tab = new Tab(context, await context.NewPageAsync());
        await tab.Page.GotoAsync(link.AbsoluteUri);
        return tab;
    }
}

/// <summary>One page, and what its console said.</summary>
public sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _errors = [];

    internal Tab(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, m) => Note(m.Type is "error" or "warning", m.Text);
        page.PageError += (_, e) => Note(true, e);
        page.Request += (_, r) => Note(new Uri(r.Url) is { IsFile: false, Host: not "127.0.0.1" }, "asked elsewhere: " + r.Url);
    }

    public IPage Page { get; }

    /// <summary>Until this is so.</summary>
    /// <param name="seconds">To ask for; 20 by default.</param>
    public async Task WaitAsync(string expression, int seconds = 20)
    {
        // Asked from outside each time: Playwright's own wait evaluates in the page, which the page's policy forbids.
        for (var tries = 0; !await Page.EvaluateAsync<bool>(expression); tries++)
        {
            Assert.True(tries < 50 * seconds, "never came: " + expression);
            await Task.Delay(20);
        }
    }

    public async Task<string> TextAsync(string selector) => await Page.Locator(selector).First.TextContentAsync() ?? "";

    /// <summary>What is seen of it now, as a PNG.</summary>
    public async Task PictureAsync(string file)
    {
        await Page.EvaluateAsync("scrollTo(0, 0)");
        await Page.ScreenshotAsync(new() { Path = file, Type = ScreenshotType.Png, Animations = ScreenshotAnimations.Disabled });
    }

    /// <summary>The console has no error and no warning, and nothing was asked of another host.</summary>
    public void AssertQuiet(bool exceptNetwork = false)
    {
        lock (_errors)
        {
            Assert.DoesNotContain(_errors, e => !exceptNetwork || !e.Contains("net::ERR_", StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    private void Note(bool isBad, string text)
    {
        if (isBad)
        {
            lock (_errors)
            {
                _errors.Add(text);
            }
        }
    }
}
