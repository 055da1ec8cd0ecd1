using System.Reflection;
using System.Runtime.InteropServices;
using System.Windows.Forms;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Framework;

/// <summary>
/// A console program that shows a window when it is given no verb. The other way round, a window program that prints,
/// would leave the command prompt before it has printed anything, and its exit code with it
/// (docs/decisions/0025-one-executable-for-xp.md).
/// </summary>
internal static class Program
{
    [STAThread]
    public static int Main(string[] arguments)
    {
        var language = Request.LanguageOf(arguments);
        try
        {
            var request = Request.Parse(arguments);
            return request.Verb == Verb.Window ? ShowWindow(request) : RunConsole(request);
        }
        catch (UsageException e)
        {
            return ConsoleRun.Fail(Console.Error, language, e.Problem, ExitNumber.WrongUsage);
        }
        catch (IOException)
        {
            return ExitNumber.FoundOrRefused; // whoever read our output has closed it; all else about files is a DiskProblemException
        }
        catch (Exception e) when (IsFips(e))
        {
            return ConsoleRun.Fail(Console.Error, language, new Phrase(TextKey.CryptographyRefused), ExitNumber.WrongUsage);
        }
        catch (Exception e)
        {
            return ConsoleRun.Fail(Console.Error, language, new Phrase(TextKey.UnexpectedError, e.GetType().Name + ": " + e.Message),
                ExitNumber.WrongUsage);
        }
    }

    internal static string Version
    {
        get
        {
            var version = Assembly.GetExecutingAssembly().GetName().Version!;
            return version.Major + "." + version.Minor + "." + version.Build;
        }
    }

    /// <summary>
    /// With "use FIPS algorithms" set, .NET Framework 2.0 refuses its own SHA-256; the configuration file beside the
    /// program allows it from 2.0 SP1 on.
    /// </summary>
    private static bool IsFips(Exception e) => e is TargetInvocationException { InnerException: InvalidOperationException };

    private static int RunConsole(Request request)
    {
        var watch = new LiftWatch();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true; // the work is taken back first
            watch.Stop();
        };
        var run = new ConsoleRun(DiskSteps.OfThisSystem(), new ThisMachine(SystemLogReader.Read), Console.In, Console.Out, Console.Error,
            Version, watch);
        return run.Execute(request);
    }

    private static int ShowWindow(Request request)
    {
        LeaveConsole();
        Application.EnableVisualStyles();
        Application.SetCompatibleTextRenderingDefault(false);
        var disk = DiskSteps.OfThisSystem();
        var machine = new ThisMachine(SystemLogReader.Read);
        Workplace place;
        try
        {
            place = Workplace.Open(disk, machine, request.WindowsFolder);
        }
        catch (DiskProblemException e)
        {
            MessageBox.Show(e.Shown.SentenceIn(request.Language), request.Language.Get(TextKey.WindowTitle), MessageBoxButtons.OK,
                MessageBoxIcon.Error);
            return ExitNumber.WrongUsage;
        }

        using var window = new MainWindow(place, machine, request.Language);
        Application.Run(window);
        return ExitNumber.Done;
    }

    /// <summary>
    /// Started by a double click, the program has a console of its own that nobody needs. One that a command prompt
    /// lent stays with it.
    /// </summary>
    private static void LeaveConsole()
    {
        if (Environment.OSVersion.Platform == PlatformID.Win32NT)
        {
            ConsoleCalls.FreeConsole();
        }
    }

    private static class ConsoleCalls
    {
        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern int FreeConsole();
    }
}
