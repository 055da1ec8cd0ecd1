using System.Buffers.Binary;
using System.Net;
using HalfOpen.Guard;
using HalfOpen.Guard.Attribution;
using HalfOpen.Guard.Metrics;
using HalfOpen.Guard.Rules;
using HalfOpen.Guard.Service;
using HalfOpen.Linux;
using HalfOpen.Linux.Processes;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>What a guard gives up, and whom it lets look.</summary>
public sealed class PrivilegeTests
{
    private const uint Allow = 0x7FFF0000;
    private const uint NotPermitted = 0x00050001;
    private const uint X64 = 0xC000003E;
    private const uint Arm64 = 0xC00000B7;

    [Theory]
    [InlineData(false, X64, 0, Allow)] // read
    [InlineData(false, X64, 59, Allow)] // execve: the packet filter's tools
    [InlineData(false, X64, 101, NotPermitted)] // ptrace, first of the list
    [InlineData(false, X64, 165, NotPermitted)] // mount
    [InlineData(false, X64, 119, NotPermitted)] // setresgid, last of the list
    [InlineData(false, X64, 0x40000000, NotPermitted)] // read by its x32 number
    [InlineData(false, 0x40000003, 3, NotPermitted)] // a 32-bit program's
    [InlineData(true, Arm64, 63, Allow)] // read
    [InlineData(true, Arm64, 40, NotPermitted)] // mount
    [InlineData(true, Arm64, 149, NotPermitted)] // setresgid
    [InlineData(true, X64, 0, NotPermitted)]
    public void The_fence_refuses_its_list_and_other_architectures_and_nothing_else(bool arm64, uint architecture, uint number,
        uint expected) =>
        Assert.Equal(expected, RunFilter(SystemCallFence.Program(arm64), number, architecture));

    [Fact]
    public void The_unit_and_the_program_keep_the_same_capabilities()
    {
        var unit = File.ReadAllLines(Path.Combine(Repository.Root, "packaging", "halfopen-guard.service"))
            .Single(l => l.StartsWith("CapabilityBoundingSet=", StringComparison.Ordinal));
        Assert.Equal(unit["CapabilityBoundingSet=".Length..].Split(' ').Order(), Privileges.KeptCapabilities.Order());
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", 0u, true)]
    [InlineData("127.0.0.1", "127.0.0.1", 7u, true)] // ourselves
    [InlineData("::1", "::1", 1000u, true)] // a member
    [InlineData("127.0.0.1", "127.0.0.1", 1001u, false)]
    [InlineData("127.0.0.1", "127.0.0.1", null, false)]
    [InlineData("192.0.2.1", "192.0.2.1", 1001u, false)] // this machine, by an address that others can reach
    [InlineData("192.0.2.9", "192.0.2.1", null, true)] // another machine: it got here by metrics-anywhere only
    public void Metrics_are_for_root_ourselves_and_members(string client, string server, uint? owner, bool expected)
    {
        var (from, to) = (new IPEndPoint(IPAddress.Parse(client), 40_000), new IPEndPoint(IPAddress.Parse(server), 9226));
        var readers =
            new MetricsReaders((local, remote) => local.Equals(from) && remote.Equals(to) ? owner : 0, user => user == 1000, self: 7);
        Assert.Equal(expected, readers.Allow(from, to));
    }

    [Fact]
    public void Root_is_no_member_unless_somebody_says_so_and_an_unknown_user_is_none() =>
        Assert.False(Accounts.IsInGroup(uint.MaxValue - 5, GuardPaths.GroupName));

    [Fact]
    public void An_executable_named_by_a_link_is_the_one_behind_it()
    {
        var link = Path.Combine(Path.GetTempPath(), $"halfopen-{Guid.NewGuid():N}");
        var target = Environment.ProcessPath!;
        var self = (uint)Environment.ProcessId;
        File.CreateSymbolicLink(link, target);
        try
        {
            var exempt =
                new ExemptionSet(
                    [new Exemption(ExemptionKind.Executable, link), new Exemption(ExemptionKind.Executable, "/nonexistent/program")],
                    new ProcessOrigins());
            Assert.True(exempt.CoversOrigin(new AttemptOrigin("x", target, ProcessId: self)));
            Assert.False(exempt.CoversOrigin(new AttemptOrigin("x", "/nonexistent/program", ProcessId: self)));
            Assert.False(exempt.CoversOrigin(new AttemptOrigin("x", target)));
            Assert.False(exempt.CoversOrigin(new AttemptOrigin("x", "/bin/other", ProcessId: self)));
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("fd00::1")]
    public void Addresses_survive_the_way_there_and_back(string text)
    {
        var address = IPAddress.Parse(text);
        Assert.Equal(address, Flow.ToAddress(Flow.FromAddress(address)));
        Assert.Equal(address.MapToIPv6(), Flow.ToAddress(Flow.FromAddress(address)).MapToIPv6());
    }

    [Theory]
    [InlineData("socket:[12345]", 12345u)]
    [InlineData("socket:[]", null)]
    [InlineData("socket:[", null)]
    [InlineData("socket:[-1]", null)]
    [InlineData("socket:[99999999999]", null)]
    [InlineData("pipe:[1]", null)]
    [InlineData("", null)]
    public void A_sockets_inode_is_read_from_its_link(string link, uint? expected) =>
        Assert.Equal(expected, SocketProcesses.TryParse(System.Text.Encoding.UTF8.GetBytes(link), out var inode) ? inode : null);

    [Fact]
    public void Our_own_socket_is_found_to_be_ours()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "skipped: needs /proc");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        var link = new FileInfo($"/proc/self/fd/{socket.Handle}").LinkTarget!;
        Assert.True(SocketProcesses.TryParse(System.Text.Encoding.UTF8.GetBytes(link), out var inode));
        Assert.Equal((uint)Environment.ProcessId, new SocketProcesses().Find(inode));
        Assert.Equal(0u, new SocketProcesses().Find(0));
    }

    [Theory]
    [InlineData("policy = fair\nnat-budget = 100\ngive-up = yes", null)]
    [InlineData("policy = fifo", null)]
    [InlineData("policy = windows-xp\ngive-up = yes", "give-up does nothing under policy windows-xp")]
    [InlineData("policy = fifo\nnat-budget = 100", "nat-budget does nothing under policy fifo: for policy fair")]
    [InlineData("policy = fifo\nnat-budget = 100\ngive-up = yes", "nat-budget and give-up do nothing under policy fifo: for policy fair")]
    [InlineData("policy = fifo\ngive-up = no", null)]
    public void What_is_set_and_does_nothing_is_said(string text, string? expected)
    {
        var useless = ConfigurationFile.Parse(text, "x", new GuardSettings(), SettingTable.Shipped).Useless();
        Assert.Equal(expected is null, useless is null);
        Assert.StartsWith(expected ?? "", useless ?? "", StringComparison.Ordinal);
    }

    /// <summary>Classic BPF as the kernel runs it, as far as the fence uses it.</summary>
    private static uint RunFilter(byte[] code, uint number, uint architecture)
    {
        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var instruction = code.AsSpan(at * 8, 8);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            switch (BinaryPrimitives.ReadUInt16LittleEndian(instruction))
            {
                case 0x20:
                    accumulator = value == 0 ? number : value == 4 ? architecture : throw new InvalidOperationException();
                    break;
                case 0x15:
                    at += accumulator == value ? instruction[2] : instruction[3];
                    break;
                case 0x35:
                    at += accumulator >= value ? instruction[2] : instruction[3];
                    break;
                case 0x06:
                    return value;
                default:
                    throw new InvalidOperationException($"instruction {at}");
            }
        }
    }
}
