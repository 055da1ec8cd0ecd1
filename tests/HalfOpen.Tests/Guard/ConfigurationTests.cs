using System.Net;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Service;
using HalfOpen.Linux.Processes;
using Xunit;

namespace HalfOpen.Tests.Guard;

public sealed class ConfigurationTests
{
    [Fact]
    public void Every_setting_can_be_read_and_the_rest_keeps_its_default()
    {
        var settings = Parse("""
            # a comment
            limit = 50
            policy=windows-xp
              router = yes
            nat-budget = 2000
            exempt = user:root
            exempt = port:22
            hold-cap = 1.5min
            hold-cap-action = pass
            metrics = [::1]:9226
            """);
        Assert.Equal(50, settings.Options.Limit);
        Assert.Equal(new WindowsXpOptions(), settings.Options.Policy);
        Assert.True(settings.Options.Router);
        Assert.Equal(["user:0", "port:22"], settings.Options.Exemptions.Select(e => e.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(90), settings.Options.HoldCap);
        Assert.Equal(HoldEnd.Pass, settings.Options.WhenHeldTooLong);
        Assert.Equal(HoldEnd.Refuse, settings.Options.WhenFull);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 9226), settings.Metrics);
    }

    [Theory]
    [InlineData("nat-budget = 2000\ngive-up = yes\npolicy = fair")]
    [InlineData("policy = fair\ngive-up = yes\nnat-budget = 2000")]
    [InlineData("give-up = yes\npolicy = fair\nnat-budget = 2000")]
    public void Options_of_a_policy_may_stand_before_it_or_after(string text) =>
        Assert.Equal(new FairOptions { GiveUp = true, NatBudget = 2000 }, Parse(text).Options.Policy);

    [Fact]
    public void Options_of_another_policy_are_kept_for_it()
    {
        var settings = Parse("policy = windows-xp\ngive-up = yes\nnat-silent-hold = 2min");
        Assert.Equal(new WindowsXpOptions(), settings.Options.Policy);
        var flag = SettingTable.Shipped.Find("policy")!.Apply(settings, "fair")!;
        Assert.Equal(new FairOptions { GiveUp = true }, flag.Options.Policy);
    }

    [Theory]
    [InlineData("limit = 0", "guard.conf line 1: limit = '0': give 1 to 1000000")]
    [InlineData("\nlimit = 10\nlimit = 20", "line 3: limit is set twice")]
    [InlineData("limit", "line 1: 'limit' is not key = value")]
    [InlineData("Limit = 3", "there is no key 'Limit' (did you mean limit?)")]
    [InlineData("nat_budget = 3", "(did you mean nat-budget?)")]
    [InlineData("policy = nice", "policy = 'nice': give fair, windows-xp, fifo or unlimited")]
    [InlineData("nat-budget = 1", "nat-budget = '1': give 2 to 10000000, or none")]
    [InlineData("nat-silent-hold = 901s", "give 0s to 900s (a number with ms, s, min or h)")]
    [InlineData("lend-before = 0s", "there is no key 'lend-before'")]
    [InlineData("hold-cap = 30", "hold-cap = '30': give a number with ms, s, min or h, such as 30s")]
    [InlineData("hold-cap = 99999999999999999999h", "give a number with")]
    [InlineData("router = maybe", "give yes or no")]
    [InlineData("exempt = ssh", "give user:NAME-OR-ID")]
    [InlineData("metrics = 127.0.0.1", "a loopback address and a port")]
    [InlineData("metrics = 0.0.0.0:9226", "is not loopback")]
    [InlineData("limit = \e[31m5", "'?[31m5'")]
    public void An_error_names_line_key_and_what_is_allowed(string text, string expected)
    {
        var e = Assert.Throws<GuardException>(() => Parse(text));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void The_shipped_file_is_the_template_and_means_the_defaults()
    {
        var shipped = File.ReadAllText(Path.Combine(Repository.Root, "packaging", "guard.conf"));
        Assert.Equal(ConfigurationFile.Template(SettingTable.Shipped), shipped);
        Assert.Equivalent(new GuardSettings(), Parse(shipped));
    }

    [Fact]
    public void Uncommented_every_line_of_the_shipped_file_is_allowed()
    {
        var lines = ConfigurationFile.Template(SettingTable.Shipped).Split('\n')
            .Where(l => l.StartsWith('#') && l.Length > 1 && l[1] != ' ').Select(l => l[1..]).ToArray();
        Assert.Equal(SettingTable.Shipped.All.Count, lines.Length);
        var settings = Parse(string.Join('\n', lines));
        // Defaults are shown as examples, but for these.
        Assert.Equal(new GuardOptions().HoldCap, settings.Options.HoldCap);
        Assert.Equal(new GuardOptions().MaxHeld, settings.Options.MaxHeld);
        Assert.Equal(new GuardOptions().QueueNumber, settings.Options.QueueNumber);
        Assert.Equal(new GuardOptions().ReconcileEvery, settings.Options.ReconcileEvery);
        Assert.Equal(new GuardOptions().ForwardedTimeout, settings.Options.ForwardedTimeout);
        Assert.Equal(new GuardOptions().WhenHeldTooLong, settings.Options.WhenHeldTooLong);
    }

    [Fact]
    public void Whatever_the_bytes_there_is_a_configuration_or_one_line()
    {
        var good = ConfigurationFile.Template(SettingTable.Shipped).Replace("\n#", "\n", StringComparison.Ordinal);
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var text = Mutate(good.Split('\n')[random.Next(10)..], random);
            try
            {
                Assert.Null(Parse(text).Problem());
            }
            catch (GuardException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.True(e.Message.Length < 1000, e.Message);
            }
        }
    }

    [Fact]
    public void A_file_that_is_missing_or_too_large_says_so()
    {
        Assert.Contains("there is no configuration file",
            Assert.Throws<GuardException>(() => ConfigurationFile.Read("/nonexistent/guard.conf", new(), SettingTable.Shipped)).Message,
                StringComparison.Ordinal);
        Assert.Contains("larger than",
            Assert.Throws<GuardException>(() => ConfigurationFile.Read("/dev/zero", new(), SettingTable.Shipped)).Message,
                StringComparison.Ordinal);
    }

    private static GuardSettings Parse(string text) =>
        ConfigurationFile.Parse(text, "guard.conf", new GuardSettings(), SettingTable.Shipped);

    private static string Mutate(string[] lines, Random random)
    {
        var kept = lines.Where(l => l.Contains('=', StringComparison.Ordinal) && random.Next(3) == 0).ToList();
        var text = string.Join('\n', kept).ToCharArray();
        for (var i = random.Next(6); i > 0 && text.Length > 0; i--)
        {
            text[random.Next(text.Length)] = random.Next(4) switch
                { 0 => (char)random.Next(0x10000), 1 => '\n', 2 => '=', _ => (char)random.Next(32, 127) };
        }

        return new string(text);
    }

    [Theory]
    [InlineData("exempt = user:nobody-at-all", "exempt user:nobody-at-all: nobody on this machine is called so (yet)")]
    [InlineData("exempt = user:4294967294", "exempt user:4294967294: no user of this machine has this number (yet)")]
    [InlineData("exempt = exe:/nonexistent/program", "exempt exe:/nonexistent/program: there is no such file (yet)")]
    [InlineData("exempt = user:root", null)]
    [InlineData("exempt = to:192.0.2.0/24", null)]
    [InlineData("exempt = port:22", null)]
    public void An_exemption_of_what_is_not_there_is_taken_with_a_warning(string text, string? expected)
    {
        var settings = ConfigurationFile.Parse(text, "guard.conf", new GuardSettings(), SettingTable.Shipped);
        Assert.Single(settings.Options.Exemptions);
        var warnings = settings.Warnings().ToList();
        Assert.Equal(expected is null ? 0 : 1, warnings.Count);
        Assert.All(warnings, w => Assert.StartsWith(expected!, w, StringComparison.Ordinal));
    }

    [Fact]
    public void An_exemption_of_a_cgroup_that_is_not_there_warns_where_cgroups_can_be_seen()
    {
        const string Text = "exempt = cgroup:nonexistent.slice";
        var settings = ConfigurationFile.Parse(Text, "guard.conf", new GuardSettings(), SettingTable.Shipped);
        if (ControlGroups.FindRoot() is { } root && ControlGroups.IsWhole(root) && ProcessNamespace.SeesCgroupPaths)
        {
            Assert.StartsWith("exempt cgroup:nonexistent.slice: there is no such cgroup (yet)", settings.Warnings().Single(),
                StringComparison.Ordinal);
        }
        else
        {
            Assert.True(settings.Warnings().Count() <= 1);
        }
    }
}
