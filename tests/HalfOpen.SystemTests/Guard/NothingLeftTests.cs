using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>After a guard the packet filter is as it was, to the last empty table; what it writes is for few.</summary>
public sealed class NothingLeftTests : IDisposable
{
    private const string AddOthers = "iptables -t raw -A PREROUTING -p tcp --dport 4003 -j ACCEPT";
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-left-").FullName;
    private readonly NetworkNamespace _machine = NetworkNamespace.Create();

    [Theory]
    [InlineData(null, false)]
    [InlineData(RuleBackend.Nft, true)]
    [InlineData(RuleBackend.Iptables, false)]
    [InlineData(RuleBackend.Iptables, true)]
    public void Not_even_empty_tables(RuleBackend? backend, bool forwarded)
    {
        Needs.Root();
        Needs.Program("/usr/sbin/nft", "nftables");
        Assert.Equal("", RuleSet());
        _machine.Run(() =>
        {
            using var rules = new ThrowawayRules(backend);
            rules.Install(new GuardOptions { Router = forwarded }, new RuleNeeds(forwarded, forwarded));
            Assert.NotEqual("", Shell.Run("nft list ruleset"));
            rules.Release();
            rules.Remove();
        });
        Assert.Equal("", RuleSet());
    }

    [Fact]
    public void Tables_that_others_use_by_then_or_had_before_stay()
    {
        Needs.Root();
        Needs.Program("/usr/sbin/nft", "nftables");
        _machine.Run(() =>
        {
            Shell.Run("iptables -t mangle -A PREROUTING -j ACCEPT; iptables -t mangle -D PREROUTING 1");
            using var rules = new ThrowawayRules(RuleBackend.Iptables);
            rules.Install(new GuardOptions { Router = true }, new RuleNeeds(true, true));
            Shell.Run(AddOthers);
            rules.Remove();
        });
        var left = RuleSet();
        Assert.Contains("table ip mangle", left, StringComparison.Ordinal);
        Assert.Contains("4003", left, StringComparison.Ordinal);
        Assert.DoesNotContain("ip6", left, StringComparison.Ordinal);
        Assert.DoesNotContain("HALFOPEN", left, StringComparison.Ordinal);
    }

    /// <summary>Somebody may close a chain without a rule: that stays, as a rule would.</summary>
    [Fact]
    public void Tables_that_somebody_gave_a_policy_meanwhile_stay()
    {
        Needs.Root();
        Needs.Program("/usr/sbin/nft", "nftables");
        _machine.Run(() =>
        {
            using var rules = new ThrowawayRules(RuleBackend.Iptables);
            rules.Install(new GuardOptions { Router = true }, new RuleNeeds(true, true));
            Shell.Run("iptables -t mangle -P FORWARD DROP");
            rules.Release();
            rules.Remove();
        });
        var left = RuleSet();
        Assert.Contains("policy drop", left, StringComparison.Ordinal);
        Assert.DoesNotContain("table ip raw", left, StringComparison.Ordinal);
        Assert.DoesNotContain("HALFOPEN", left, StringComparison.Ordinal);
    }

    /// <summary>The next guard reads in the note of the killed one which tables iptables made for it.</summary>
    [Theory]
    [InlineData(RuleBackend.Nft)]
    [InlineData(RuleBackend.Iptables)]
    public void Nor_after_a_killed_guard_and_the_next_one(RuleBackend next)
    {
        Needs.Root();
        Needs.Program("/usr/sbin/nft", "nftables");
        _machine.Run(() =>
        {
            Shell.Run("ip6tables -t mangle -A PREROUTING -j ACCEPT; ip6tables -t mangle -D PREROUTING 1");
            var killed = new GuardRules(RuleBackend.Iptables);
            killed.Install(new GuardOptions { Router = true }, new RuleNeeds(true, true));
            var note = File.ReadAllText(killed.Paths!.RulesNote);
            Assert.Equal("Iptables\nip raw\nip mangle\nip6 raw\n", note);
            killed.Dispose(); // as at the end of its process: the lock goes, the rules stay; but the note stays then, too
            File.WriteAllText(killed.Paths!.RulesNote, note);
            Shell.Run(AddOthers);
            using var rules = new GuardRules(next);
            rules.Install(new GuardOptions { Router = true }, new RuleNeeds(true, true));
            rules.Release();
            rules.Remove();
        });
        var left = RuleSet();
        Assert.Contains("table ip6 mangle", left, StringComparison.Ordinal);
        Assert.Contains("4003", left, StringComparison.Ordinal);
        Assert.DoesNotContain("table ip mangle", left, StringComparison.Ordinal);
        Assert.DoesNotContain("table ip6 raw", left, StringComparison.Ordinal);
        Assert.DoesNotContain("halfopen", left, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--router --exempt port:22 --outcomes nflog")]
    public void A_dry_run_gives_two_scripts_that_sh_can_run(string options)
    {
        Needs.Root();
        Needs.Program("/usr/sbin/nft", "nftables");
        _machine.Run(() =>
        {
            foreach (var part in (string[])["set-up", "removal"])
            {
                Shell.Run($"HALFOPEN_RUNTIME_DIR={_folder} {BuiltProgram.Script} guard --dry-run {options} --script {part} "
                    + $"> {_folder}/{part} 2>/dev/null");
            }

            Assert.Equal("", Shell.Run("nft list ruleset"));
            Shell.Run($"sh {_folder}/set-up");
            Assert.Contains("4226", Shell.Run("nft list ruleset"), StringComparison.Ordinal);
            Shell.Run($"sh {_folder}/removal");
            Assert.DoesNotContain("4226", Shell.Run("nft list ruleset"), StringComparison.Ordinal);
            Assert.DoesNotContain("HALFOPEN", Shell.Run("nft list ruleset"), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recording_has_the_rights_of_the_control_socket(bool wasThere)
    {
        Needs.Root();
        var record = Path.Combine(_folder, "record.jsonl");
        if (wasThere)
        {
            File.WriteAllText(record, "");
            Shell.Run($"chmod 0644 {record}; chown 65534:65534 {record}");
        }

        using var guard = new GuardProcess(_machine, _folder, ["--limit", "10", "--record", record]);
        Assert.Contains("ready", guard.FirstLine, StringComparison.Ordinal);
        var socket = Directory.GetFiles(_folder, "guard-*.sock").Single();
        Assert.Equal(Shell.Run($"stat -c '%U:%G %a' {socket}"), Shell.Run($"stat -c '%U:%G %a' {record}"));
        Assert.EndsWith("660", Shell.Run($"stat -c %a {record}").Trim(), StringComparison.Ordinal);
        guard.Signal("TERM");
        Assert.Equal(0, guard.End().Code);
    }

    private string RuleSet() => _machine.Run(() => Shell.Run("nft list ruleset"));

    public void Dispose()
    {
        _machine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
