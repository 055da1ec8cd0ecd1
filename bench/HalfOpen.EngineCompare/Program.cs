using System.Diagnostics;
using System.Globalization;
using System.Threading.RateLimiting;
using HalfOpen.Core;

// What one attempt costs: the work of EngineBenchmarks, small enough to be built against the engine of any commit.
// Prints the median of 200 rounds of 50,000 attempts, in ns. Arguments: WHAT (fair, windows-xp, fifo,
// concurrency-limiter) WAITING [owners]: with owners the 10,000 programs are those of 100.
const int Limit = 100;
const int Programs = 10_000;
const int AttemptsPerRound = 50_000;
const int WarmUpRounds = 60;
const int Rounds = 200;

var waiting = int.Parse(args[1], CultureInfo.InvariantCulture);
Action attempt = args[0] == "concurrency-limiter" ? Limiter(waiting) : Attempts(args[0], waiting, args is [_, _, "owners"]);
var times = new double[Rounds];
for (var round = -WarmUpRounds; round < Rounds; round++)
{
    var began = Stopwatch.GetTimestamp();
    for (var i = 0; i < AttemptsPerRound; i++)
    {
        attempt();
    }

    if (round >= 0)
    {
        times[round] = Stopwatch.GetElapsedTime(began).TotalNanoseconds / AttemptsPerRound;
    }
}

Array.Sort(times);
Console.WriteLine(times[Rounds / 2].ToString("0.0", CultureInfo.InvariantCulture));

static Action Attempts(string name, int waiting, bool withOwners)
{
    PolicyOptions policy = name switch
    {
        "fair" => new FairOptions(),
        "fifo" => new FifoOptions(),
        "windows-xp" => new WindowsXpOptions(),
        _ => throw new ArgumentException("Not a policy: " + name, nameof(name)),
    };
    var engine = new Engine(new EngineOptions { Limit = Limit, Policy = policy, MaxQueued = 2_000_000 });
    ProgramId[] programs = [.. Enumerable.Range(0, Programs).Select(i => Intern(engine.Programs, i, withOwners))];
    new Random(1).Shuffle(programs); // who comes after whom is no order of memory, which a cache would foresee
    var started = new AttemptId[Limit * 2]; // a ring: an end may start none (a slot kept as headroom), one or two
    var (oldest, next) = (0, 0);
    var serial = 0u;
    var now = 0L;
    for (var i = 0; i < waiting + (waiting == 0 ? 0 : Limit); i++)
    {
        Submit();
        Take();
    }

    return waiting == 0 ? Alone : Beside;

    void Alone()
    {
        now += 1_000;
        engine.Complete(Submit(), Outcome.TimedOut, new Instant(now));
        engine.ClearDecisions();
    }

    void Beside()
    {
        now += 1_000;
        engine.Complete(started[oldest], Outcome.TimedOut, new Instant(now));
        oldest = oldest + 1 == started.Length ? 0 : oldest + 1;
        Submit();
        Take();
    }

    AttemptId Submit()
    {
        serial = unchecked(serial + 1);
        return engine.Submit(
            new AttemptRequest
            {
                Program = programs[serial % Programs],
                Destination = Destination.FromIPv4(unchecked(serial * 2654435761u), 6881), // no address twice
            },
            new Instant(now));
    }

    void Take()
    {
        foreach (var decision in engine.Decisions)
        {
            if (decision.Kind == DecisionKind.Start)
            {
                started[next] = decision.Attempt;
                next = next + 1 == started.Length ? 0 : next + 1;
            }
        }

        engine.ClearDecisions();
    }
}

static Action Limiter(int waiting)
{
    var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        { PermitLimit = Limit, QueueLimit = 2_000_000, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
    if (waiting == 0)
    {
        return () => limiter.AttemptAcquire().Dispose();
    }

    var leases = new Task<RateLimitLease>[waiting + Limit];
    for (var i = 0; i < leases.Length; i++)
    {
        leases[i] = limiter.AcquireAsync().AsTask();
    }

    var oldest = 0;
    return () =>
    {
        leases[oldest].Result.Dispose(); // the oldest holds a lease: first in, first out
        leases[oldest] = limiter.AcquireAsync().AsTask();
        oldest = oldest + 1 == leases.Length ? 0 : oldest + 1;
    };
}

static ProgramId Intern(ProgramTable table, int number, bool withOwners)
{
    var name = (ulong)(0x80000000 + (number * 4168L));
#if OWNERS
    if (withOwners)
    {
        return table.Intern(name.ToString(CultureInfo.InvariantCulture), table.InternOwner("user " + (number % 100)));
    }
#endif
    return table.Intern(name);
}
