using System.Globalization;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;

namespace HalfOpen.XpShow;

/// <summary>
/// The console of HalfOpen.exe on .NET 10, with the functions of the system that it runs on; only the System log is
/// not read.
/// </summary>
internal static class ConsoleShow
{
    public static int Main(string[] arguments)
    {
        switch (arguments.Length == 0 ? "" : arguments[0])
        {
            case "use":
                return Neighbours.Use(arguments[1]);
            case "connect":
                return Neighbours.Connect(arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture));
        }

        try
        {
            var request = Request.Parse(arguments);
            var machine = new ThisMachine(() => throw new LogUnreadableException("not on .NET 10"));
            var disk = DiskSteps.OfThisSystem();
            return new ConsoleRun(disk, machine, Console.In, Console.Out, Console.Error, "0.1.0", new LiftWatch()).Execute(request);
        }
        catch (UsageException e)
        {
            return ConsoleRun.Fail(Console.Error, Request.LanguageOf(arguments), e.Problem, ExitNumber.WrongUsage);
        }
    }
}
