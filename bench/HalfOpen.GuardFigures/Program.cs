using HalfOpen.Guard;
using HalfOpen.GuardFigures;
using HalfOpen.SystemTests.Guard;

if (args is ["guard", var json])
{
    return GuardProcess.Serve(json);
}

using var network = new TestNetwork();
network.Listen(80);
var rounds = 7;
var options = new GuardOptions { Limit = 1000, Policy = args.Contains("fifo") ? GuardPolicy.Fifo : GuardPolicy.Fair, Outcomes = args.Contains("nflog") ? OutcomeChoice.Nflog : OutcomeChoice.Bpf };
foreach (var (name, at, n) in new[] { ("storm", 64, 40_000), ("lone", 1, 10_000) })
{
    for (var i = 0; i < rounds; i++)
    {
        var without = network.Machine.Run(() => Load.Run(at, n, 80));
        using var guard = new GuardProcess(network.Machine, options);
        network.Machine.Run(() => Load.Run(at, n / 4, 80));
        var before = guard.Cpu;
        var with = network.Machine.Run(() => Load.Run(at, n, 80));
        var cpu = (guard.Cpu - before).TotalMicroseconds / n;
        var status = guard.Status();
        Console.WriteLine($"{name}: without {without.PerSecond:F0}/s {without.P50:F0}/{without.P99:F0} us; with {with.PerSecond:F0}/s {with.P50:F0}/{with.P99:F0} us; ratio {with.PerSecond / without.PerSecond:F2} cpu {cpu:F1} us; ready {guard.ReadyAfter.TotalMilliseconds:F0} ms; est {status.Totals.Established} mem {guard.ResidentMiB:F0}");
    }
}

return 0;
