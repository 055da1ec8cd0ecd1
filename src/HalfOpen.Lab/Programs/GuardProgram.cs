using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;

namespace HalfOpen.Lab.Programs;

/// <summary>The guard in a process of its own, over the namespace it was started in. Settings: <c>limit</c>, <c>policy</c>, <c>giveup</c>, <c>budget</c> (entries of the router's table, which stay for <c>silenthold</c> and <c>closedhold</c> seconds).</summary>
internal sealed class GuardProgram(ProgramHost host, ProgramArguments arguments)
{
    /// <summary>The guard ends with this process, and its rules with the namespace.</summary>
    public Action<string> Start()
    {
        var budget = arguments.Count("budget");
        var options = new GuardOptions
        {
            Limit = Math.Max(1, arguments.Count("limit", 1)),
            Policy = arguments.Word("policy", "fair") == "windows-xp" ? GuardPolicy.WindowsXp : GuardPolicy.Fair,
            GiveUp = arguments.Count("giveup") > 0,
            NatBudget = budget > 0 ? budget : null,
            NatSilentHold = arguments.Seconds("silenthold"),
            NatClosedHold = arguments.Seconds("closedhold"),
            GoneMeans = Outcome.TimedOut, // every program here leaves giving up to the kernel
            HoldCap = TimeSpan.FromHours(1), // Windows' own limiter holds attempts for as long as it takes
        };
        var thread = new Thread(() => Guard(options)) { IsBackground = true, Name = "guard" };
        thread.Start();
        return _ => { };
    }

    private void Guard(GuardOptions options)
    {
        try
        {
            var session = new GuardSession(options, new ThrowawayRules(RuleBackend.Iptables));
            _ = session.Ready.ContinueWith(_ => host.Report("ready"), TaskContinuationOptions.OnlyOnRanToCompletion);
            session.Run(CancellationToken.None);
        }
        catch (GuardException e)
        {
            host.ReportFailure(e.Message);
        }
    }
}
