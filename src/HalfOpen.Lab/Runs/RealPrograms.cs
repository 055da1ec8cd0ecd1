using System.Diagnostics;
using System.Globalization;
using HalfOpen.Lab.Programs;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Runs;

/// <summary>What aria2 and curl had of one policy. Immutable.</summary>
/// <param name="PeersTried">First SYNs to peers that reached the wire.</param>
/// <param name="LivePeers">Connections to peers that were answered.</param>
public sealed record RealResult(LabPlan Plan, PageFigures Pages, long PeersTried, long LivePeers, int MaxHalfOpen, int MaxCounted);

/// <summary>
/// Programs that we did not write, through the lab's link: aria2 with sixteen torrents whose tracker names 200 new,
/// mostly dead peers every few seconds, beside curl that loads a page of 30 connections to 5 new hosts every five
/// seconds. Nothing is scaled, and both keep Linux' clock and their own timeouts.
/// </summary>
public static class RealPrograms
{
    private const uint FirstPageHost = 1000;
    private const int Torrents = 16;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <exception cref="LabException">Something is missing or broke.</exception>
    public static async Task<IReadOnlyList<RealResult>> Run(TimeSpan measured, ulong seed, CancellationToken cancel)
    {
        using var folder = new ProgramFolder();
        var idle = new LabPlan { Scenario = LabScenario.Idle, Policy = "unlimited" };
        var plans = LabPlan.All(LabScenario.Freeze, giveUp: false).Where(p => p.Scenario == LabScenario.Freeze).Prepend(idle);
        return await Task.WhenAll(plans.Select(plan => One(plan, measured, seed, folder, cancel)));
    }

    private static async Task<RealResult> One(LabPlan plan, TimeSpan measured, ulong seed, ProgramFolder folder, CancellationToken cancel)
    {
        var internet = new Internet { Seed = seed };
        var times = new LabTimes { Scale = 1 };
        using var machine = new Machine(internet, times.Router(1_000_000), onePerDestination: plan.Policy != "fair", _ => { }) ;
        var downloads = Directory.CreateTempSubdirectory("halfopen-lab-aria2-");
        LabProcess? guard = null;
        Process? client = null;
        try
        {
            if (plan.Limit is { } limit)
            {
                guard = new LabProcess("guard",
                    machine.Start(folder.Command("guard", [$"limit={limit}", $"policy={plan.PolicyWith(times.Router(1)).Text}"])),
                        _ => { });
                await guard.Ready.WaitAsync(TimeSpan.FromSeconds(60), cancel);
            }

            if (plan.Scenario != LabScenario.Idle)
            {
                client = machine.Start(Aria2(downloads.FullName, internet));
                _ = client.StandardOutput.ReadToEndAsync(cancel);
                _ = client.StandardError.ReadToEndAsync(cancel);
                await Task.Delay(TimeSpan.FromSeconds(5), cancel);
            }

            var pages = await Browse(machine, internet, measured, cancel);
            if (guard?.Failure is { } failure)
            {
                throw new LabException(failure);
            }

            var totals = machine.Totals;
            return new RealResult(plan,
                PageFigures.Of(pages.Where(p => p.Ok).Select(p => p.Seconds), [.. pages.Where(p => !p.Ok).Select(p => p.Seconds)], null),
                    Interlocked.Read(ref totals.PeersTried), Interlocked.Read(ref totals.LivePeers), totals.MaxHalfOpen, totals.MaxCounted);
        }
        finally
        {
            client?.Kill();
            client?.WaitForExit();
            client?.Dispose();
            guard?.Dispose();
            downloads.Delete(recursive: true);
        }
    }

    private static ProcessStartInfo Aria2(string folder, Internet internet)
    {
        var start = Command("aria2c", "--dir=" + folder, "--seed-time=0", "--enable-dht=false", "--enable-dht6=false",
            "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--bt-max-peers=0",
            "--bt-request-peer-speed-limit=100M", "--bt-tracker-interval=5",
                "--max-concurrent-downloads=" + Torrents.ToString(CultureInfo.InvariantCulture), "--file-allocation=none",
                "--disable-ipv6=true", "--no-conf", "--listen-port=6900-6950",
            "--stop-with-process=" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        for (var i = 0; i < Torrents; i++)
        {
            var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{i}.torrent"));
            File.WriteAllBytes(file, Torrent.File(internet with { Seed = internet.Seed + (ulong)(1000 * i) }));
            start.ArgumentList.Add(file);
        }

        return start;
    }

    private static async Task<List<(double Seconds, bool Ok)>> Browse(Machine machine, Internet internet, TimeSpan measured,
        CancellationToken cancel)
    {
        var pages = new List<(double, bool)>();
        var began = Stopwatch.GetTimestamp();
        for (var host = FirstPageHost; Stopwatch.GetElapsedTime(began) < measured; host += LabPlan.Hosts)
        {
            var start =
                Command("curl", "--silent", "--fail", "--parallel", "--parallel-immediate", "--parallel-max", "30", "--max-time", "60");
            for (uint i = 0; i < LabPlan.Hosts * LabPlan.PerHost; i++)
            {
                start.ArgumentList.Add("--output");
                start.ArgumentList.Add("/dev/null");
                start.ArgumentList.Add(
                    string.Create(CultureInfo.InvariantCulture,
                        $"http://{Torrent.Dotted(internet.Web.First + host + (i % LabPlan.Hosts))}/part{i}"));
            }

            var page = Stopwatch.GetTimestamp();
            using var curl = machine.Start(start);
            var output = curl.StandardOutput.ReadToEndAsync(cancel);
            var error = curl.StandardError.ReadToEndAsync(cancel);
            await curl.WaitForExitAsync(cancel);
            pages.Add((Stopwatch.GetElapsedTime(page).TotalSeconds, curl.ExitCode == 0));
            await Task.WhenAll(output, error);
            await Task.Delay(Pause, cancel);
        }

        return pages;
    }

    private static ProcessStartInfo Command(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
