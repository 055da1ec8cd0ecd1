using System.Diagnostics;
using HalfOpen.Guard;
using HalfOpen.Linux.Processes;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.GuardFigures;

/// <summary>
/// A page of one user beside what another user does under many names, against the page beside one program of his:
/// tests/HalfOpen.SystemTests/Guard/Loads/load.c, in turns, the guard in a process of its own.
/// </summary>
internal static class OwnerFigures
{
    private const uint Reader = 42_001;
    private const uint Other = 42_002;
    private const int Pages = 31;

    public static void Measure(TestNetwork network)
    {
        using var programs = new Programs();
        foreach (var limit in (int[])[10, 100])
        {
            var one = Beside(network, programs, limit, ["copies", $"{Other}", "1", "1000", programs.Folder], 1_000);
            Print($"limit {limit}: page beside 1 program with 1,000 attempts, ms", one, 1);
            var copies = Beside(network, programs, limit, ["copies", $"{Other}", "200", "5", programs.Folder], 1_000);
            Print($"limit {limit}: beside 200 copies with 5 each, ms; times the first", copies, Median(one));
            if (ControlGroups.FindRoot() is { } root)
            {
                var cgroups = Directory.CreateDirectory(Path.Combine(root, Path.GetFileName(programs.Folder))).FullName;
                var grouped = Beside(network, programs, limit, ["copies", $"{Other}", "200", "5", programs.Folder, cgroups], 1_000);
                Shell.Run(
                    $"for i in $(seq 100); do find {cgroups} -depth -type d -exec rmdir {{}} + 2>/dev/null && break; sleep 0.1; done");
                Print($"limit {limit}: beside 200 cgroups with 5 each, ms; times the first", grouped, Median(one));
            }

            var shots = Beside(network, programs, limit, ["shots", $"{Other}", "10000", programs.Folder], 0);
            Print($"limit {limit}: beside 10,000 executables of one attempt each, ms; times the first", shots, Median(one));
        }
    }

    /// <returns>Milliseconds of each page; one that did not come whole in 25 s is 25,000.</returns>
    private static List<double> Beside(TestNetwork network, Programs programs, int limit, string[] words, int attempts)
    {
        using var guard = new GuardProcess(network.Machine, new GuardOptions { Limit = limit });
        using var load = programs.Start(network, words);
        while (attempts > 0 ? guard.Status() is var s && s.HalfOpen + s.Waiting < attempts : guard.Status().Totals.Submitted < 200)
        {
            Thread.Sleep(50);
        }

        List<double> pages = [];
        while (attempts > 0 ? pages.Count < Pages : !load.HasEnded || pages.Count < Pages)
        {
            pages.Add(programs.Page(network, Reader));
            Thread.Sleep(100);
        }

        return pages;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(string what, List<double> pages, double first) => Console.WriteLine(
        $"| {what}{(first == 1 ? "" : $": {Median(pages) / first:F2} x")} | {Median(pages):F2} | {pages.Max():F2} |");

    /// <summary>Programs of users; all of them end with the one that was started.</summary>
    private sealed class Programs : IDisposable
    {
        private readonly string _executable;

        public Programs()
        {
            Folder = Directory.CreateTempSubdirectory("halfopen-figures-").FullName;
            _executable = Path.Combine(Folder, "load");
            Shell.Run($"chmod 755 {Folder}; gcc -O1 -o {_executable} {Path.Combine(AppContext.BaseDirectory, "load.c")}");
        }

        public string Folder { get; }

        public Running Start(TestNetwork network, string[] words) =>
            new(network.Machine.Run(() => Process.Start(new ProcessStartInfo(_executable, words) { UseShellExecute = false })!));

        public double Page(TestNetwork network, uint user)
        {
            var browser = Path.Combine(Folder, "browser");
            var words = network.Machine.Run(() => Shell.Run($"ln -f {_executable} {browser}; {browser} page {user} 30 25000")).Split(' ');
            return words[0] == "30" ? double.Parse(words[2]) / 1000 : 25_000;
        }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }

    private sealed class Running(Process process) : IDisposable
    {
        public bool HasEnded => process.HasExited;

        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
            Thread.Sleep(300); // its children end with it, though not at the same moment
        }
    }
}
