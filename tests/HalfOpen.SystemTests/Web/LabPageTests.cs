using System.Globalization;
using System.Text.Json;
using HalfOpen.SystemTests.Guard;
using Microsoft.Playwright;
using Xunit;

namespace HalfOpen.SystemTests.Web;

/// <summary>
/// The lab in a browser while it runs: real programs, real guards. With HALFOPEN_PICTURES=FOLDER it runs for as long as
/// a user's and leaves the pictures of the guides there.
/// </summary>
public sealed class LabPageTests(Browser browser) : IClassFixture<Browser>
{
    private const string Rows = "[...document.querySelectorAll('#machines tbody tr')]";
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("HALFOPEN_PICTURES") is { Length: > 0 } folder
        ? Path.GetFullPath(folder, BuiltProgram.Root) : null;

    [Fact]
    public async Task The_freeze_and_the_cure_are_seen_live_side_by_side_and_on_each_machine()
    {
        Needs.Root();
        browser.SkipWithout();
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "skipped: needs /dev/net/tun");
        var seconds = (Pictures is null ? 16 : 60).ToString(CultureInfo.InvariantCulture);
        using var lab = new RunningPage(["lab", "--web", "--scenario", "freeze", "--seconds", seconds, "--json", "--quiet"], onError: true);
        await using var tab = await browser.OpenAsync(lab.Link, ColorScheme.Light, 1000, 860);
        await tab.WaitAsync($"{Rows}.length === 6");
        await tab.WaitAsync("document.getElementById('doing').textContent.includes('browsing beside the swarm')");

        // Who holds what, on a machine whose limiter freezes it.
        await using var machine = await browser.OpenAsync(new Uri(lab.Link, "m2/"), ColorScheme.Dark, 1000, 860);
        await machine.WaitAsync("document.getElementById('name').textContent === 'halfopen lab: windows-xp at 10'");
        await machine.WaitAsync("document.querySelector('#verdict').textContent.includes('10 of 10 slots are taken')");
        await machine.WaitAsync("document.querySelector('#who tbody .open')?.textContent.startsWith('swarm')");
        await machine.WaitAsync("document.querySelectorAll('.plot canvas').length === 3");

        // The same ten slots, shared fairly: more pages, while others wait on both machines.
        await tab.WaitAsync($"{Rows}.some(r => r.cells[0].textContent === 'fair at 10' && Number(r.cells[1].textContent) >= 4)", 60);
        var table = await tab.Page.EvaluateAsync<string[][]>($"{Rows}.map(r => [...r.cells].map(c => c.textContent))");
        var rows = table.ToDictionary(r => r[0]);
        var (frozen, cured) = (rows["windows-xp at 10"], rows["fair at 10"]);
        Assert.True(Number(frozen[1]) < Number(cured[1]), string.Join(" | ", table.SelectMany(r => r)));
        Assert.EndsWith(" of 10", frozen[6], StringComparison.Ordinal);
        Assert.True(Number(frozen[7]) > 0 && Number(cured[7]) > 0);
        Assert.Equal(("no limit", "-"), (rows["no limit"][6], rows["no limit"][7]));
        await tab.WaitAsync("document.getElementById('verdict').textContent.startsWith('In the same time, ')");
        Assert.Contains("windows-xp at 10: ", await tab.TextAsync("#chart-pages .sum"), StringComparison.Ordinal);
        await BrowserTests.AssertAccessibleAsync(tab, 1000);
        await using (var phone = await browser.OpenAsync(lab.Link, ColorScheme.Dark, 360, 780))
        {
            await phone.WaitAsync($"{Rows}.length === 6 && document.querySelectorAll('.plot canvas').length === 3");
            await BrowserTests.AssertAccessibleAsync(phone, 360);
            phone.AssertQuiet();
        }

        if (Pictures is { } folder)
        {
            await tab.WaitAsync("parseInt(document.getElementById('doing').textContent) >= 80", 120);
            await tab.PictureAsync(Path.Combine(folder, "lab-web.png"));
            await machine.PictureAsync(Path.Combine(folder, "watch-web-dark.png"));
            await machine.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            await machine.Page.WaitForTimeoutAsync(1500);
            await machine.PictureAsync(Path.Combine(folder, "watch-web-light.png"));
        }

        await tab.WaitAsync("document.getElementById('status').textContent === 'The lab is over.'", 60);
        Assert.Equal(0, await lab.EndedAsync());
        using var result = JsonDocument.Parse(await lab.Output);
        Assert.Equal(5, result.RootElement.GetProperty("runs").GetArrayLength());
        tab.AssertQuiet(exceptNetwork: true);
        machine.AssertQuiet(exceptNetwork: true);
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
