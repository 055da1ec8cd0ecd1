using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether Halfopen itself is what hurts: a killed guard's rules, or a guard that lets everybody
/// wait.</summary>
internal static class GuardCheck
{
    private const string Subject = "Halfopen's own guard";
    private const long ManyWaiting = 20;
    private const double LongWaitSeconds = 5;
    private const int Weight = 70;

    /// <summary>More than what one program's dead peers weigh: here the limit itself makes others wait.</summary>
    private const int WeightWhenOthersWait = 82;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Source != FactsSource.Linux)
        {
            return null;
        }

        if (facts.Guard is not { } guard || (guard.Runs is null && guard.Rules is null))
        {
            return CheckResult.Unseen(Subject, "only root may look for its rules and ask it");
        }

        if (guard is { Runs: not true, Rules: true })
        {
            return CheckResult.Found(Subject, Leftover(facts, guard));
        }

        if (guard.Runs == true && guard.Waiting >= ManyWaiting && guard.LongestWaitSeconds >= LongWaitSeconds)
        {
            return CheckResult.Found(Subject, Queues(guard));
        }

        return CheckResult.Fine(Subject, guard.Runs == true
            ? $"it runs, {guard.Counted:N0} of {guard.Limit:N0} slots are taken and {guard.Waiting:N0} attempts wait"
            : (guard.Rules is null ? "none runs here (its rules can be seen by root only)"
                : "none runs here, and none left rules behind") + OtherQueues(guard));
    }

    private static Finding Leftover(MachineFacts facts, GuardFacts guard)
    {
        var held = facts.Growth("TcpExt.TCPSpuriousRtxHostQueues") ?? 0;
        var isServed = guard.Queues is { Count: > 0 };
        var who = guard.QueueUsers is { Count: > 0 } users ? Words.List(users.Select(Text)) : string.Join(", ", guard.Queues ?? []);
        return new Finding(FindingKinds.GuardLeftover,
            "A guard of Halfopen was killed and left its rules behind: the kernel still hands new connections to a program that is gone."
            + (held > 0 ? " They wait there." : " If it was to fail closed, they are dropped; else they pass."),
            Confidence.Measured, held > 0 || !isServed ? 92 : 45,
            [
                new("rules of a guard stand in the packet filter, and no guard answers",
                    "sudo nft list table ip halfopen; sudo iptables-save -t raw"),
                new(isServed ? $"packet queues that somebody serves: {who}"
                    : "no program serves a packet queue",
                    "sudo cat /proc/net/netfilter/nfnetlink_queue"),
                new($"{held:N0} repeats of packets that still wait in this machine's own queues",
                    "nstat -az TcpExtTCPSpuriousRtxHostQueues"),
            ],
            [new("start a guard and end it again with Ctrl-C: it takes the place of what was left, and clears it", "sudo halfopen guard")],
            "Connections that were open before are not touched by such rules.");
    }

    private static Finding Queues(GuardFacts guard) => new(FindingKinds.GuardQueues,
        $"Halfopen's guard lets {guard.Waiting:N0} attempts wait, the longest for {Words.Seconds(guard.LongestWaitSeconds)}: "
        + (guard.BiggestHolder.Length > 0
            ? $"{guard.BiggestHolder} holds {guard.BiggestHolderSlots:N0} of its {guard.Limit:N0} slots"
            : $"its limit is {guard.Limit:N0}")
        + (guard.OtherWaiters > 0
            ? $", and {Words.Count(guard.OtherWaiters, "other program waits", "other programs wait")} for 5 s or more."
            : "."),
        Confidence.Measured, guard.OtherWaiters > 0 ? WeightWhenOthersWait : Weight,
        [new($"{guard.Counted:N0} of {guard.Limit:N0} slots taken, {guard.Waiting:N0} waiting", "halfopen status")],
        [
            new("raise the limit while it runs", $"sudo halfopen limit {Math.Clamp(guard.Limit * 2, 2, 100_000)}"),
            new("let silent attempts be given up early (a restart of the guard)", "sudo halfopen guard --give-up"),
        ],
        "With the policy fair, programs other than the biggest holder wait little: see whom it makes wait.");

    /// <summary>Firewalls and the like that hold packets are none of ours, but who asks why it hangs should know
    /// them.</summary>
    private static string OtherQueues(GuardFacts guard) => guard.QueueUsers is { Count: > 0 } users
        ? $"; packets are handed to other programs here: {Words.List(users.Select(Text))}" : "";

    private static string Text(QueueUserFacts q) => $"queue {q.Number} by "
        + (q.Program.Length > 0 ? q.Program : q.ProcessId > 0 ? $"process {q.ProcessId}" : "a program")
        + $" ({Words.Count(q.Waiting, "packet waits", "packets wait")}, {q.Dropped:N0} dropped)";
}
