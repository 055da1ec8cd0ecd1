using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace HalfOpen.SystemTests.Web;

/// <summary>The site of <c>packaging/site</c> in a real browser, opened from the disk: no server is needed.</summary>
public sealed class SiteTests(Browser browser, SiteTests.Site site) : IClassFixture<Browser>, IClassFixture<SiteTests.Site>
{
    [Fact]
    public async Task Search_finds_and_leads_there_from_the_disk()
    {
        browser.SkipWithout();
        await using var tab = await browser.OpenAsync(site.Link("docs/guides/kernels.html"));
        await tab.Page.Keyboard.PressAsync("/");
        await tab.Page.Keyboard.TypeAsync("slipstream");
        await tab.WaitAsync("document.querySelectorAll('#results a').length > 0");
        Assert.Contains("Windows installation CD", await tab.TextAsync("#results a b"), StringComparison.Ordinal);
        var arrives = tab.Page.WaitForURLAsync("**/docs/guides/installation-media.html*", new() { WaitUntil = WaitUntilState.Commit });
        await tab.Page.Keyboard.PressAsync("Enter");
        await arrives;

        await tab.Page.FillAsync("#search", "nat budget");
        await tab.WaitAsync("document.querySelectorAll('#results a').length > 3");
        await tab.Page.FillAsync("#search", "zebra <img>");
        await tab.WaitAsync("document.getElementById('results').textContent.startsWith('Nothing')");
        await tab.Page.Keyboard.PressAsync("Escape");
        await tab.WaitAsync("document.getElementById('results').hidden");
        tab.AssertQuiet();
    }

    [Theory]
    [InlineData("index.html", ColorScheme.Light, 1280)]
    [InlineData("index.html", ColorScheme.Dark, 390)]
    [InlineData("docs/guides/lab.html", ColorScheme.Dark, 1280)]
    [InlineData("docs/man/halfopen-guard.html", ColorScheme.Light, 390)]
    public async Task Pages_fit_a_phone_are_readable_and_ask_nobody(string page, ColorScheme scheme, int width)
    {
        browser.SkipWithout();
        await using var tab = await browser.OpenAsync(site.Link(page), scheme, width);
        Assert.True(await tab.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.True(await tab.Page.EvaluateAsync<bool>("[...document.images].every(i => i.complete && i.naturalWidth > 0)"));
        tab.AssertQuiet(); // axe asks for the style sheet again, which a browser refuses it from the disk
        var violations = (await tab.Page.RunAxe()).Violations;
        Assert.Empty(violations.Select(v => $"{v.Id}: {v.Help}: {string.Join(" ", v.Nodes.Take(3).Select(n => n.Html))}"));
    }

    /// <summary>Built once for all.</summary>
    public sealed class Site : IAsyncLifetime
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-site-").FullName;

        public Uri Link(string path) => new(Path.Combine(_folder, "site", path));

        public async ValueTask InitializeAsync()
        {
            var (code, _, error) = await FolderShell.RunAsync($"'{BuiltProgram.Root}/packaging/site' $D/site", _folder);
            Assert.True(code == 0, error);
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(_folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
