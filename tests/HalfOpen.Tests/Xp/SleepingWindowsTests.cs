using System.Text;
using HalfOpen.Tests.Windows;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>HalfOpen.exe on the folder of another Windows that sleeps: nothing of its volume changes.</summary>
public sealed class SleepingWindowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new TemporaryFolder().WithXp();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("hibr", "is hibernated", "im Ruhezustand")]
    [InlineData("HIBR", "is hibernated", "im Ruhezustand")]
    [InlineData("wake", "was waking from hibernation", "beim Aufwachen")]
    [InlineData("\0\0\0\0", null, null)] // it ran and was shut down
    [InlineData("hib", null, null)]
    public void Nothing_is_written_to_the_volume_of_another_Windows_that_sleeps(string start, string? english, string? german)
    {
        _folder.Write("hiberfil.sys", [.. Encoding.ASCII.GetBytes(start)]);
        var before = _folder.Snapshot();
        var (code, output, error) = Run("/patch", "/dryrun");
        Assert.Equal(english is null ? 0 : 1, code);
        Assert.Contains(english ?? "", error, StringComparison.Ordinal);
        Assert.Equal(0, Run("/inspect").Code); // looking changes nothing
        Assert.Equal(english is null, !Run("/inspect").Out.Contains("hibern", StringComparison.Ordinal));
        if (english is null)
        {
            return;
        }

        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal((1, true), (Run("/patch", "/quiet").Code, Run("/patch", "/quiet", "/json").Out.Contains("\"refused\": true",
            StringComparison.Ordinal)));
        Assert.Contains(german!, Run("/patch", "/quiet", "/language", "de").Error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);

        var place = Workplace.Open(DiskSteps.OfThisSystem(), Elsewhere, _folder.Windows());
        var window = Overview.Read(place, Elsewhere);
        Assert.Equal((false, false), (window.CanApply, window.CanRestore));
        Assert.Contains(english, window.Note!.In(Language.English), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_taken_back_or_tidied_up_either()
    {
        XpFolder.Patch(_folder.Windows(), 100);
        var driver = _folder.In("WINDOWS", "system32", "drivers", "tcpip.sys");
        _folder.Write("WINDOWS/system32/drivers/tcpip.sys.halfopen-tmp-00000000", [1]);
        _folder.Write("hiberfil.sys", [.. "hibr"u8, .. new byte[5000]]);
        var before = _folder.Snapshot();
        Assert.Equal(0, Run("/patch", "100", "/quiet").Code); // it is at 100 already
        Assert.Equal(1, Run("/restore", "/quiet").Code);
        File.Copy(driver + ".halfopen-backup", driver, overwrite: true); // restore would remove the backup only
        before["WINDOWS/system32/drivers/tcpip.sys"] = File.ReadAllBytes(driver);
        Assert.Equal(1, Run("/restore", "/quiet", "/force").Code);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public void The_Windows_that_runs_is_awake_whatever_its_file_says()
    {
        _folder.Write("hiberfil.sys", "hibr"u8.ToArray());
        var running = new FakeMachine { WindowsFolder = _folder.Windows() };
        Assert.Equal(0, Run(running, "/patch", "/quiet").Code);
        Assert.Equal(0, Run(running, "/restore", "/quiet").Code);
    }

    [Fact]
    public void A_file_that_cannot_be_read_may_hold_a_Windows_and_a_folder_is_none()
    {
        Directory.CreateDirectory(_folder.In("WINDOWS", "hiberfil.sys"));
        Assert.Equal(0, Run("/patch", "/dryrun").Code);
        using var held = new FileStream(_folder.Write("hiberfil.sys", [1]), FileMode.Open, FileAccess.Write, FileShare.None);
        var (code, _, error) = Run("/patch", "/quiet");
        Assert.Equal(1, code);
        Assert.Contains("hiberfil.sys, where a Windows keeps its memory while it sleeps, cannot be read", error, StringComparison.Ordinal);
    }

    private static FakeMachine Elsewhere => new();

    private (int Code, string Out, string Error) Run(params string[] line) => Run(Elsewhere, [.. line, "/windows", _folder.Windows()]);

    private static (int Code, string Out, string Error) Run(IMachine machine, params string[] line)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        string[] language = line.Contains("/language") ? [] : ["/language", "en"];
        var run = new ConsoleRun(DiskSteps.OfThisSystem(), machine, new StringReader(""), output, error, "test", new LiftWatch());
        return (run.Execute(Request.Parse([.. line, .. language])), output.ToString(), error.ToString());
    }
}
