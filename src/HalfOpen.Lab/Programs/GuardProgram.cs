using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Rules;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// The guard in a process of its own, over the namespace it was started in. Settings: <c>limit</c>, and <c>policy</c>
/// with its options. With <c>socket</c> it can be asked there what it does.
/// </summary>
internal sealed class GuardProgram(ProgramHost host, ProgramArguments arguments)
{
    /// <summary>The guard ends with this process, and its rules with the namespace.</summary>
    public Action<string> Start()
    {
        var options = new GuardOptions
        {
            Limit = Math.Max(1, arguments.Count("limit", 1)),
            Policy = Policy(),
            GoneMeans = Outcome.TimedOut, // every program here leaves giving up to the kernel
            HoldCap = TimeSpan.FromHours(1), // Windows' own limiter holds attempts for as long as it takes
        };
        var thread = new Thread(() => Guard(options)) { IsBackground = true, Name = "guard" };
        thread.Start();
        return _ => { };
    }

    /// <exception cref="LabException">No such policy, or a setting that is not allowed.</exception>
    private PolicyOptions Policy() =>
        PolicyTable.Shipped.TryParse(arguments.Word("policy", PolicyTable.Shipped.Default.Name), out var policy, out var problem)
            ? policy : throw new LabException(problem + ".");

    private void Guard(GuardOptions options)
    {
        try
        {
            var session = new GuardSession(options, new ThrowawayRules());
            var socket = arguments.Word("socket", "");
            using var control = socket.Length > 0 ? new ControlServer(socket, new GuardToRead(session)) : null;
            _ = session.Ready.ContinueWith(_ => host.Report("ready"), TaskContinuationOptions.OnlyOnRanToCompletion);
            session.Run(CancellationToken.None);
        }
        catch (GuardException e)
        {
            host.ReportFailure(e.Message);
        }
    }

    /// <summary>What it does may be read; what the lab measures is not changed meanwhile.</summary>
    private sealed class GuardToRead(GuardSession session) : IGuardControl
    {
        private const string Fixed = "the lab's guard keeps its settings";

        public GuardStatus Snapshot() => session.Snapshot();

        public void SetLimit(int limit) => throw new GuardException(Fixed);

        public IReadOnlyList<string> Reload() => throw new GuardException(Fixed);
    }
}
