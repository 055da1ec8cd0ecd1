using HalfOpen.Diagnosis.Facts;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;

namespace HalfOpen.Cli.Doctor;

/// <summary>Whether a guard of ours runs in this network namespace, what it does, and whether one left its
/// rules.</summary>
internal static class GuardLook
{
    private const string OwnTableName = "halfopen";
    private const double LongWaitSeconds = 5;

    public static async Task<GuardFacts> LookAsync(CancellationToken cancellation)
    {
        var paths = GuardPaths.ForThisThread();
        var queues = PacketQueueUsers.Look();
        var facts = new GuardFacts
        {
            Rules = HasRules(paths),
            Queues = queues?.Select(q => q.Number).ToArray(),
            QueueUsers = queues?.Select(q => new QueueUserFacts(q.Number, q.Process, q.Program, q.Waiting, q.Dropped)).ToArray(),
        };
        try
        {
            var answer = await ControlClient.AskAsync(paths.Socket, new ControlRequest("status"), cancellation);
            if (answer.Status is not { } status)
            {
                return facts with { Runs = true };
            }

            var biggest = status.Programs.MaxBy(p => p.Counted);
            return facts with
            {
                Runs = true,
                Limit = status.Limit,
                Counted = status.Counted,
                Waiting = status.Waiting,
                LongestWaitSeconds = status.Programs.Count == 0 ? 0 : status.Programs.Max(p => p.LongestWaitSeconds),
                BiggestHolder = biggest?.Name ?? "",
                BiggestHolderSlots = biggest?.Counted ?? 0,
                OtherWaiters = status.Programs.Count(p => p != biggest && p.LongestWaitSeconds >= LongWaitSeconds),
            };
        }
        catch (ControlException e)
        {
            return facts with { Runs = e.Failure == ControlFailure.NotAllowed ? null : false };
        }
    }

    /// <summary>Null: not allowed to look.</summary>
    private static bool? HasRules(GuardPaths paths)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return null;
        }

        try
        {
            if (FilterTables.HasTable(OwnTableName))
            {
                return true;
            }
        }
        catch (LinuxException)
        {
            // No nf_tables: then there can be rules of iptables only.
        }

        // Rules of iptables are noted in a file, which a guard that ends takes away.
        return File.Exists(paths.RulesNote);
    }
}
