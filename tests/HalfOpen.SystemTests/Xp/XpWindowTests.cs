using Xunit;

namespace HalfOpen.SystemTests.Xp;

/// <summary>
/// The window of HalfOpen.exe under mono, used with keyboard and mouse as a person would. With
/// HALFOPEN_SCREENSHOTS=docs/guides/images it leaves the pictures of docs/guides/windows-xp-itself.md there.
/// </summary>
public sealed class XpWindowTests : IDisposable
{
    /// <summary>The title of questions and words; mono draws their text, so it is seen in the pictures only.</summary>
    private const string Box = "^(Half-open connection limit|Limit f.*r halboffene Verbindungen)$";

    private readonly XpTree _xp = new(Desktop.TakesPictures ? Directory.CreateDirectory("/mnt/xp").FullName : null);

    public void Dispose() => _xp.Dispose();

    [Fact]
    public void Apply_and_restore()
    {
        Desktop.Need();
        using var desktop = new Desktop();
        var program = desktop.Open(MonoProgram.Executable, "/windows", _xp.Folder, "/language", "en");
        var main = desktop.WaitFor("^HalfOpen - 10 half-open attempts$");
        desktop.Picture("xp-window");

        desktop.WaitForText("All programs together may have 10 connection attempts");
        desktop.PressFor("alt+e", "^Evidence$", "^HalfOpen - 10 ");
        var evidence = desktop.WaitFor("^Evidence$");
        desktop.WaitForText("the limit stands at file offset 0x");
        desktop.Picture("xp-evidence");
        desktop.Press("Escape");
        desktop.WaitGone(evidence);

        desktop.PressFor("alt+a", Box, "^HalfOpen - 10 ");
        Answer(desktop, "Escape"); // asked, and not wanted
        desktop.WaitFor("^HalfOpen - 10 ");
        Assert.True(_xp.IsUntouched);

        desktop.PressFor("alt+a", Box, "^HalfOpen - 10 ");
        Answer(desktop, "Return");
        Answer(desktop, "Return"); // "Done"
        desktop.WaitFor("^HalfOpen - 100 half-open attempts$");
        Assert.True(_xp.AllAre(100));
        desktop.Picture("xp-patched");

        desktop.PressFor("alt+r", Box, "^HalfOpen - 100 ");
        Answer(desktop, "Return");
        Answer(desktop, "Return");
        desktop.WaitFor("^HalfOpen - 10 half-open attempts$");
        Assert.True(_xp.IsUntouched);

        desktop.Press("alt+F4");
        desktop.WaitGone(main);
        Assert.True(program.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(0, program.ExitCode);
    }

    [Fact]
    public void Another_limit_than_100_in_German_with_the_mouse()
    {
        Desktop.Need();
        using var desktop = new Desktop();
        desktop.Open(MonoProgram.Executable, "/windows", _xp.Folder, "/language", "en");
        desktop.WaitFor("^HalfOpen - 10 half-open attempts$");
        desktop.Click("Deutsch");
        desktop.WaitFor("^HalfOpen - 10 halboffene Versuche$");
        desktop.Press("alt+n"); // the field of the new limit
        desktop.Press("ctrl+a");
        Array.ForEach("1234".ToCharArray(), digit => desktop.Press(digit.ToString()));
        desktop.Click("Anwenden");
        Answer(desktop, "Return");
        Answer(desktop, "Return");
        desktop.WaitFor("^HalfOpen - 1.234 halboffene Versuche$");
        Assert.True(_xp.AllAre(1234));
        desktop.Picture("xp-german");
    }

    /// <summary>On a made-up machine, since mono on Linux cannot count the sockets of a Windows.</summary>
    [Fact]
    public void Why_is_my_network_frozen()
    {
        Desktop.Need();
        using var desktop = new Desktop();
        desktop.Open(MonoProgram.Show, _xp.Folder, "administrator", "en");
        desktop.WaitFor("^HalfOpen - 10 ");
        desktop.Press("alt+w");
        var why = desktop.WaitFor("^Why is my network frozen");
        desktop.WaitForText("Yes, the limit hurts now: 12 attempts without an answer fill the 10 slots, 9 of them by emule");
        desktop.WaitForText("The System log holds event 4226 2 times");
        desktop.Picture("xp-why");
        desktop.Press("alt+a"); // look again
        desktop.Press("Escape");
        desktop.WaitGone(why);
        desktop.PressFor("alt+a", Box, "^HalfOpen - 10 ");
        desktop.WaitFor(Box);
        desktop.Picture("xp-question"); // with what Windows File Protection will show
    }

    [Fact]
    public void Who_is_no_administrator_can_look_and_not_write()
    {
        Desktop.Need();
        using var desktop = new Desktop();
        desktop.Open(MonoProgram.Show, _xp.Folder, "user", "en");
        desktop.WaitFor("^HalfOpen - 10 ");
        desktop.WaitForText("Only administrators may change Windows' drivers");
        desktop.Picture("xp-user");
        desktop.Press("alt+a");
        desktop.Press("alt+r");
        desktop.Press("alt+e");
        desktop.WaitFor("^Evidence$"); // and no question came first
        Assert.True(_xp.IsUntouched);
    }

    /// <summary>A question or a word, answered with a key.</summary>
    private static void Answer(Desktop desktop, string key)
    {
        var box = desktop.WaitFor(Box);
        desktop.Press(key);
        desktop.WaitGone(box);
    }
}
