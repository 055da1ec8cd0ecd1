using System.Net.Sockets;
using HalfOpen.Linux;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// Whether rules of others do what they do without a guard: what reaches the internet is the same without a guard,
/// beside one, and after one was killed.
/// </summary>
internal static class Comparison
{
    /// <summary>Somebody has to listen here; nobody's rule may touch it.</summary>
    public const int Marker = 4999;

    /// <param name="arguments">Of the guard.</param>
    /// <param name="addMore">Sets more rules, beside the running guard.</param>
    /// <param name="expected">What must be seen; port 4001 must not.</param>
    public static void Run(
        TestNetwork network, NetworkNamespace sender, string folder, string[] arguments, Action addMore, string[] expected)
    {
        using var watch = new SynWatch(network.Internet);
        string[] beside, after;
        using (var guard = new GuardProcess(network.Machine, folder, arguments))
        {
            Assert.Contains("ready", guard.FirstLine, StringComparison.Ordinal);
            addMore();
            beside = Seen(watch, sender);
            var status = GuardVerbTests.Status(guard);
            var seen = status["counters"]!["syns"]!.GetValue<int>() + status["lease"]!["started"]!.GetValue<int>();
            Assert.True(seen >= expected.Length, $"the guard saw {seen} SYNs");
            guard.Signal("KILL");
            guard.End();
            after = Seen(watch, sender);
        }

        using (var next = new GuardProcess(network.Machine, folder, arguments))
        {
            next.Signal("TERM");
            Assert.Equal(0, next.End().Code);
        }

        var without = Seen(watch, sender);
        Assert.All(expected, line => Assert.Contains(line, without));
        Assert.DoesNotContain(without, line => line.StartsWith("4001", StringComparison.Ordinal));
        Assert.Equal(without, beside);
        Assert.Equal(without, after);
    }

    /// <summary>What arrives of connections to ports 4001 to 4026, as <see cref="SynWatch"/> writes it.</summary>
    public static string[] Seen(SynWatch watch, NetworkNamespace sender)
    {
        List<Socket> sockets = [];
        foreach (var port in Enumerable.Range(0, 3).SelectMany(i => Enumerable.Range(4001 + (10 * i), 6)).Append(Marker))
        {
            sockets.Add(RouterTests.Connect(sender, "10.78.0.1", port));
        }

        var seen = watch.Until(Marker);
        sockets.ForEach(s => s.Dispose());
        return seen;
    }
}
