using System.Windows.Forms;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Framework;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Texts;

namespace HalfOpen.XpShow;

/// <summary>
/// <c>HalfOpen.XpShow.exe FOLDER administrator|user en|de</c>: the real window, on a made-up machine.
/// </summary>
internal static class WindowShow
{
    [STAThread]
    public static int Main(string[] arguments)
    {
        Application.EnableVisualStyles();
        var machine = new MadeUpMachine(arguments[0], arguments[1] == "administrator");
        using var window = new MainWindow(Workplace.Open(DiskSteps.OfThisSystem(), machine, null), machine, Language.Of(arguments[2])!);
        Application.Run(window);
        return 0;
    }
}
