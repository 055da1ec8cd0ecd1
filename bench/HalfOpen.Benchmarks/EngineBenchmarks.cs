using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HalfOpen.Core;

namespace HalfOpen.Benchmarks;

/// <summary>
/// What one attempt costs in each limiter: submit + start + outcome for the engine, acquire + release for the limiters
/// of .NET. Uncontended first; then with so many waiting, where each operation ends the oldest attempt in flight (which
/// starts one that waits) and submits another.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(InOneProcess))]
public class EngineBenchmarks
{
    private const int Limit = 100;
    private const int Programs = 10_000;
    private Engine _engine = null!;
    private ProgramId[] _programs = null!;
    private AttemptId[] _inFlight = null!; // a ring: an end may start none (a slot kept as headroom), one or two
    private int _oldest;
    private int _next;
    private uint _serial;
    private long _now;

    /// <summary>Attempts that wait; 0: none, and slots are free.</summary>
    [Params(0, 100, 10_000, 1_000_000)]
    public int Waiting { get; set; }

    [Params("fair", "windows-xp", "fifo")]
    public string Policy { get; set; } = "fair";

    [GlobalSetup]
    public void Setup()
    {
        _engine =
            new Engine(new EngineOptions { Limit = Limit, Policy = PolicyTable.Shipped.Find(Policy)!.Default, MaxQueued = 2_000_000 });
        _programs = [.. Enumerable.Range(0, Programs).Select(i => _engine.Programs.Intern((ulong)(0x80000000 + (i * 4168))))];
        _inFlight = new AttemptId[Limit * 2];
        for (var i = 0; i < Waiting + (Waiting == 0 ? 0 : Limit); i++)
        {
            Submit();
            Take();
        }
    }

    [Benchmark]
    public void SubmitStartOutcome()
    {
        _now += 1_000;
        if (Waiting == 0)
        {
            var id = Submit();
            _engine.Complete(id, Outcome.TimedOut, new Instant(_now));
            _engine.ClearDecisions();
            return;
        }

        _engine.Complete(_inFlight[_oldest], Outcome.TimedOut, new Instant(_now));
        _oldest = _oldest + 1 == _inFlight.Length ? 0 : _oldest + 1;
        Submit();
        Take();
    }

    private AttemptId Submit()
    {
        var serial = _serial++;
        return _engine.Submit(
            new AttemptRequest
            {
                Program = _programs[serial % Programs],
                Destination = Destination.FromIPv4(unchecked(serial * 2654435761u), 6881), // no address twice
            },
            new Instant(_now));
    }

    /// <summary>Remembers what started, so that it can be ended in turn.</summary>
    private void Take()
    {
        foreach (var decision in _engine.Decisions)
        {
            if (decision.Kind == DecisionKind.Start)
            {
                _inFlight[_next] = decision.Attempt;
                _next = _next + 1 == _inFlight.Length ? 0 : _next + 1;
            }
        }

        _engine.ClearDecisions();
    }
}

/// <summary>The limiters that .NET has, doing the same: acquire + release.</summary>
[MemoryDiagnoser]
[Config(typeof(InOneProcess))]
public class LimiterBenchmarks
{
    private const int Limit = 100;
    private ConcurrencyLimiter _limiter = null!;
    private SemaphoreSlim _semaphore = null!;
    private Task<RateLimitLease>[] _leases = null!;
    private int _oldest;

    [Params(0, 100, 10_000, 1_000_000)]
    public int Waiting { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _limiter =
            new ConcurrencyLimiter(
                new ConcurrencyLimiterOptions
                    { PermitLimit = Limit, QueueLimit = 2_000_000, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
        _semaphore = new SemaphoreSlim(Limit);
        _leases = new Task<RateLimitLease>[Waiting == 0 ? 1 : Waiting + Limit];
        for (var i = 0; i < _leases.Length && Waiting > 0; i++)
        {
            _leases[i] = _limiter.AcquireAsync().AsTask();
            _ = _semaphore.WaitAsync();
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _limiter.Dispose();
        _semaphore.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void ConcurrencyLimiter()
    {
        if (Waiting == 0)
        {
            _limiter.AttemptAcquire().Dispose();
            return;
        }

        // The oldest holds a lease: first in, first out.
        _leases[_oldest].Result.Dispose();
        _leases[_oldest] = _limiter.AcquireAsync().AsTask();
        _oldest = _oldest + 1 == _leases.Length ? 0 : _oldest + 1;
    }

    [Benchmark]
    public void Semaphore()
    {
        if (Waiting == 0)
        {
            _semaphore.Wait();
            _semaphore.Release();
            return;
        }

        _semaphore.Release();
        _ = _semaphore.WaitAsync();
    }
}

internal sealed class InOneProcess : ManualConfig
{
    /// <summary>
    /// Both classes in one process: the same machine, the same minute. Without a second build, and short: ratios, not
    /// nanoseconds, are what is quoted.
    /// </summary>
    public InOneProcess() =>
        AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(9)
            .WithEvaluateOverhead(true));
}
