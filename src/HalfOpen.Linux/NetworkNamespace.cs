namespace HalfOpen.Linux;

/// <summary>
/// A network namespace held by a descriptor: sockets opened and processes started by a thread that has entered it
/// belong to it and stay there. An anonymous one vanishes with the last descriptor, socket and process in it, also
/// after kill -9. Thread-safe.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private const string OfThisThread = "/proc/thread-self/ns/net";
    private readonly Descriptor _descriptor;

    private NetworkNamespace(Descriptor descriptor) => _descriptor = descriptor;

    /// <summary>For setns by other programs: /proc/PID/fd/N, valid while this object and this process live.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_descriptor.Number}";

    /// <summary>A new one, with nothing but a loopback interface that is down. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="LinuxException">Not allowed.</exception>
    public static NetworkNamespace Create()
    {
        NetworkNamespace? made = null;
        OnNewThread(() =>
        {
            if (Native.Unshare(Native.CloneNewNet) != 0)
            {
                throw Native.Failure("cannot make a network namespace");
            }

            made = Open(OfThisThread);
        });
        return made!;
    }

    /// <summary>The one of the calling thread.</summary>
    public static NetworkNamespace Current() => Open(OfThisThread);

    /// <exception cref="LinuxException">There is no namespace at this path.</exception>
    public static NetworkNamespace Open(string path)
    {
        var number = Native.Open(path, Native.CloseOnExec, 0);
        return number >= 0
            ? new NetworkNamespace(new Descriptor(number)) : throw Native.Failure($"cannot open the network namespace {path}");
    }

    /// <summary>Moves the calling thread for good. Use only on threads of your own, never on pool threads.</summary>
    /// <exception cref="LinuxException">Not allowed, or no namespace.</exception>
    public void Enter()
    {
        if (Native.SetNamespace(_descriptor.Number, Native.CloneNewNet) != 0)
        {
            throw Native.Failure("cannot enter the network namespace");
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> inside, on a thread of its own, and waits. Its exception comes out here.
    /// </summary>
    public void Run(Action work) => OnNewThread(() =>
    {
        Enter();
        work();
    });

    /// <inheritdoc cref="Run(Action)"/>
    public T Run<T>(Func<T> work)
    {
        T result = default!;
        Run(() => { result = work(); });
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    /// <summary>A namespace sticks to its thread, so the thread must not go back to a pool.</summary>
    private static void OnNewThread(Action work)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { IsBackground = true, Name = "namespace" };
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }
}
