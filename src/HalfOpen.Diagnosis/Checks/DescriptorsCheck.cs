using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a program may open no more files and sockets.</summary>
internal static class DescriptorsCheck
{
    private const string Subject = "file descriptors";
    private const double Near = 0.9;
    private const double Full = 0.98;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Descriptors is not { } all)
        {
            return facts.Source == FactsSource.Linux ? CheckResult.Unseen(Subject, "no process could be looked at") : null;
        }

        var most = all.Where(d => d.Limit > 0).MaxBy(d => (double)d.Open / d.Limit);
        if (most is null || most.Open < Near * most.Limit)
        {
            var whose = facts.SeesAll ? "" : " of your own programs (others only with root)";
            return CheckResult.Fine(Subject, most is null ? $"none{whose} is near its limit"
                : $"nearest to its limit{whose}: {facts.ProgramName(most.Program)} with {most.Open:N0} of {most.Limit:N0}");
        }

        var isFull = most.Open >= Full * most.Limit;
        var name = facts.ProgramName(most.Program);
        var process = most.Program >= 0 && most.Program < facts.Programs.Count && facts.Programs[most.Program].ProcessId is > 0 and var id
            ? id.ToString()
            : "PID";
        return CheckResult.Found(Subject, new Finding(FindingKinds.FileDescriptors,
            $"{name} may open {most.Limit:N0} files and connections and has {most.Open:N0}: {(isFull ? "it can open no more" : "it is "
                + "near the end")}. "
            + "Its new connections fail before a single packet is sent; no network limit is the cause.",
            isFull ? Confidence.Measured : Confidence.Likely, isFull ? 88 : 60,
            [new($"{most.Open:N0} descriptors open, limit {most.Limit:N0}", $"ls /proc/{process}/fd | wc -l; grep 'open files' "
                + $"/proc/{process}/limits")],
            [
                new("raise its limit: LimitNOFILE= in its systemd unit, or before its start", "ulimit -n 65536"),
                new("if the number only grows, the program forgets to close: report it to its authors"),
            ],
            "It does not slow other programs."));
    }
}
