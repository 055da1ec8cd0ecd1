using System.Runtime.CompilerServices;
using HalfOpen.Linux;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// A pool that has no thread left gets one from whoever needs it, born into that one's network namespace; it makes the
/// others. A page that a later test opens on such a thread is in the network of another test. So the pool is filled
/// before any test enters a namespace, and its threads stay (ThreadTimeoutMs in the project file).
/// </summary>
internal static class PoolThreads
{
    public const int Count = 64;

    [ModuleInitializer]
    internal static void Fill() => OnEach(Count, () => { });

    /// <summary>Runs something on so many threads of the pool at once, and waits.</summary>
    public static void OnEach(int count, Action work)
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, count), completions);

        // Left to the collector: the last thread is still inside one of them when we go on.
        var all = new CountdownEvent(count);
        var end = new ManualResetEventSlim();
        var ended = new CountdownEvent(count);
        for (var i = 0; i < count; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    work();
                    all.Signal();
                    end.Wait();
                    ended.Signal();
                },
                null);
        }

        all.Wait();
        end.Set();
        ended.Wait();
        ThreadPool.SetMinThreads(workers, completions);
    }
}

public sealed class PoolThreadTests
{
    [Fact]
    public void Threads_of_the_pool_are_all_there_and_in_the_machine_s_own_network()
    {
        Assert.InRange(ThreadPool.ThreadCount, PoolThreads.Count, int.MaxValue);
        var own = InodeIdentity.Of("/proc/self/ns/net");
        var strangers = 0;
        PoolThreads.OnEach(PoolThreads.Count, () =>
        {
            if (InodeIdentity.Of("/proc/thread-self/ns/net") != own)
            {
                Interlocked.Increment(ref strangers);
            }
        });
        Assert.Equal(0, strangers);
    }
}
