namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// A crowd that behaves as badly as programs do: opens attempts to live, refusing, silent and unreachable peers and
/// closes them at random moments, answered or not. One in 64 is patient and waits for the kernel's time-out, two
/// seconds after connect. Seeded. Run on a thread in the machine's namespace of a <see cref="TestNetwork"/> that
/// listens on port 80.
/// </summary>
internal static class Churn
{
    private const int PatientEvery = 64;
    private const int PatientOpen = 3000;

    /// <summary>
    /// The kernel looks at it when it has sent the SYN again and would a second time, after two seconds
    /// (TCP_USER_TIMEOUT).
    /// </summary>
    private const int PatienceMs = 500;
    private const int TimeOutMs = 2000;

    /// <param name="attempts">In all.</param>
    /// <param name="open">At once.</param>
    public static void Run(int attempts, int open, int seed, Action<int>? progress = null)
    {
        var random = new Random(seed);
        var sockets = new int[open];
        Array.Fill(sockets, -1);
        var patient = new Queue<int>();
        for (var i = 0; i < attempts; i++)
        {
            var host = random.Next(60_000);
            var (address, port) = random.Next(10) switch
            {
                < 4 => (Libc.Address(78, 256 + host), 80),
                < 6 => (Libc.Address(78, 256 + host), 81),
                < 9 => (Libc.Address(79, 256 + host), 80),
                _ => (Libc.Address(80, 256 + host), 80),
            };
            if (i % PatientEvery == 0)
            {
                patient.Enqueue(Libc.Begin(address, port, userTimeoutMs: PatienceMs));
                if (patient.Count > PatientOpen)
                {
                    _ = Libc.Close(patient.Dequeue());
                }
            }
            else
            {
                // Overwriting a random place closes what was there: some were just opened, some are long answered.
                ref var place = ref sockets[random.Next(open)];
                if (place >= 0)
                {
                    _ = Libc.Close(place);
                }

                place = Libc.Begin(address, port, synRetries: random.Next(4) == 0 ? 1 : 6);
            }

            if (i % 10_000 == 0)
            {
                progress?.Invoke(i);
            }
        }

        Close(sockets);
        Thread.Sleep(TimeOutMs + 500); // until the patient have their answer
        Close(patient);
    }

    private static void Close(IEnumerable<int> sockets)
    {
        foreach (var socket in sockets.Where(s => s >= 0))
        {
            _ = Libc.Close(socket);
        }
    }
}
