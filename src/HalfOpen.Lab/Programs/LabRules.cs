using System.Diagnostics;
using HalfOpen.Guard;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// The least a guard needs, in a namespace that is thrown away afterwards. The guard's own rules also keep locks and notes in /run for the next start: the lab leaves nothing anywhere, so it does without.
/// </summary>
internal sealed class LabRules : IGuardRules
{
    public void Install(GuardOptions options, RuleNeeds needs)
    {
        Run($"-t raw -A OUTPUT ! -o lo -p tcp --syn -m mark ! --mark 0x{options.Mark:x} -j NFQUEUE --queue-num {options.QueueNumber} --queue-bypass");
        if (needs.LocalAnswers)
        {
            Run($"-t raw -A PREROUTING -p tcp --tcp-flags SYN,ACK SYN,ACK -j NFLOG --nflog-group {options.LogGroup}");
            Run($"-t raw -A PREROUTING -p tcp --tcp-flags RST RST -j NFLOG --nflog-group {options.LogGroup}");
        }
    }

    public void Update(GuardOptions options, RuleNeeds needs)
    {
    }

    public void Remove()
    {
    }

    private static void Run(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("iptables", "-w 10 " + arguments) { RedirectStandardError = true, UseShellExecute = false });
        var error = process!.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new GuardException("iptables: " + error.Trim());
        }
    }
}
