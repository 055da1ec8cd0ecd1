using HalfOpen.Guard;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// The fewest rules with which a guard works, so that tests of the guard do not depend on how the real ones are
/// written.
/// </summary>
internal sealed class TestRules : IGuardRules
{
    public void Install(GuardOptions options, RuleNeeds needs)
    {
        var bypass = options.FailClosed ? "" : "--queue-bypass";
        foreach (var (tables, icmp) in new[] { ("iptables -w", "icmp"), ("ip6tables -w", "ipv6-icmp") })
        {
            Shell.Run(
                $"{tables} -t raw -A OUTPUT -p tcp --syn ! -o lo -m mark ! --mark {options.Mark} -j NFQUEUE --queue-num "
                + $"{options.QueueNumber} {bypass}");
            if (options.Forwarded)
            {
                Shell.Run($"{tables} -t mangle -A FORWARD -p tcp --syn -j NFQUEUE --queue-num {options.QueueNumber} {bypass}");
                Log(tables, icmp, "mangle -A FORWARD", options.LogGroup);
            }

            if (needs.LocalAnswers)
            {
                Log(tables, icmp, "raw -A PREROUTING ! -i lo", options.LogGroup);
            }
        }
    }

    public void Update(GuardOptions options, RuleNeeds needs)
    {
    }

    public void Remove()
    {
        foreach (var tables in new[] { "iptables -w", "ip6tables -w" })
        {
            Shell.Run($"{tables} -t raw -F; {tables} -t mangle -F");
        }
    }

    private static void Log(string tables, string icmp, string where, int group)
    {
        Shell.Run($"{tables} -t {where} -p tcp --tcp-flags SYN,ACK SYN,ACK -j NFLOG --nflog-group {group}");
        Shell.Run($"{tables} -t {where} -p tcp --tcp-flags RST RST -j NFLOG --nflog-group {group}");
        Shell.Run($"{tables} -t {where} -p {icmp} -j NFLOG --nflog-group {group}");
    }
}
