using System.Diagnostics;
using HalfOpen.Windows.Hives;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>Registry hives: our own of every shape, hivex's, and damaged ones.</summary>
public sealed class HiveTests
{
    [Theory]
    [InlineData("lf", false)]
    [InlineData("lh", true)]
    [InlineData("li", false)]
    [InlineData("ri", true)]
    public void The_facts_are_read_from_the_current_control_set(string list, bool unicode)
    {
        var facts = SystemFacts.Read("system",
            new HiveBuilder { ListKind = list, UnicodeNames = unicode }.Build(HiveBuilder.SystemRoot(current: 2, rateLimiting: 1)));
        Assert.Null(facts.Problem);
        Assert.Equal(2u, facts.ControlSet);
        Assert.Equal(ProductType.Workstation, facts.ProductType);
        Assert.Equal(3, facts.ServicePack);
        Assert.True(facts.HasTcpip && facts.HasTcpip6);
        Assert.Equal(1u, facts.EnableConnectionRateLimiting);
        Assert.Equal(3u, facts.TcpMaxConnectRetransmissions);
        Assert.Null(facts.MaxUserPort);
        Assert.False(facts.IsDirty);
        Assert.True(facts.IsChecksumValid);
    }

    [Theory]
    [InlineData("WinNT", ProductType.Workstation)]
    [InlineData("winnt", ProductType.Workstation)]
    [InlineData("ServerNT", ProductType.Server)]
    [InlineData("LanmanNT", ProductType.Server)]
    [InlineData("Martian", ProductType.Unknown)]
    public void The_product_type_is_told(string text, ProductType type) =>
        Assert.Equal(type, SystemFacts.Read("system", new HiveBuilder().Build(HiveBuilder.SystemRoot(text))).ProductType);

    /// <summary>Setup writes Current only when it starts the new Windows for the first time.</summary>
    [Fact]
    public void Before_the_first_start_the_default_control_set_counts()
    {
        var facts = SystemFacts.Read("system", new HiveBuilder().Build(HiveBuilder.SystemRoot(current: 0)));
        Assert.Null(facts.Problem);
        Assert.Equal(9u, facts.ControlSet);
        Assert.Equal(ProductType.Server, facts.ProductType);
    }

    [Fact]
    public void A_dirty_hive_is_read_and_reported()
    {
        var bytes = new HiveBuilder().Build(HiveBuilder.SystemRoot());
        bytes[4]++;
        HiveBuilder.Seal(bytes);
        var facts = SystemFacts.Read("system", bytes);
        Assert.True(facts.IsDirty);
        Assert.True(facts.IsChecksumValid);
        Assert.Equal(ProductType.Workstation, facts.ProductType);
        bytes[100] ^= 1;
        Assert.False(SystemFacts.Read("system", bytes).IsChecksumValid);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(16_344)]
    [InlineData(16_345)]
    [InlineData(100_000)]
    public void Data_of_any_length_is_read(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var root = new TestKey("root");
        root.Values.Add(("other", 3, [1]));
        root.Values.Add(("big", 3, data));
        var value = Hive.Read(new HiveBuilder().Build(root), out _)!.Root!.Value("BIG");
        Assert.True(data.AsSpan().SequenceEqual(value!.Data.Span));
    }

    [Fact]
    public void What_is_no_hive_is_said_to_be_none()
    {
        Assert.Null(Hive.Read([], out var problem));
        Assert.NotNull(problem);
        Assert.Null(Hive.Read(new byte[8192], out problem));
        Assert.Contains("regf", problem, StringComparison.Ordinal);
        Assert.NotNull(SystemFacts.Read("system", new HiveBuilder().Build(new TestKey("root"))).Problem);
    }

    /// <summary>
    /// Truncated at every length of a step, and 20,000 seeded mutations: never an exception, never a hang.
    /// </summary>
    [Fact]
    public void Damaged_hives_never_throw()
    {
        var sound = new HiveBuilder { ListKind = "ri" }.Build(HiveBuilder.SystemRoot());
        for (var length = 0; length < sound.Length; length += 13)
        {
            _ = SystemFacts.Read("system", sound[..length]);
        }

        var random = new Random(20260102);
        var used = sound.Length - 1000;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = (byte[])sound.Clone();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                var at = random.Next(3) == 0 ? random.Next(48) : random.Next(Hive.BaseBlock, used);
                if (random.Next(2) == 0)
                {
                    bytes[at] = (byte)random.Next(256);
                }
                else
                {
                    BitConverter.TryWriteBytes(bytes.AsSpan(Math.Min(at & ~3, bytes.Length - 4)),
                        random.Next(4) switch { 0 => -1, 1 => int.MinValue, 2 => random.Next(used), _ => random.Next() });
                }
            }

            var facts = SystemFacts.Read("system", bytes);
            Assert.True(facts.Problem is not null || facts.ControlSet is not null, $"seed step {i}");
        }
    }

    /// <summary>
    /// An index that names the same long list over and over must not multiply: 65,535 x 65,535 keys would take hours.
    /// </summary>
    [Fact]
    public void A_hive_that_repeats_itself_is_cut_short()
    {
        var bytes = new byte[Hive.BaseBlock + (8 * 65_536) + 4096];
        new HiveBuilder().Build(new TestKey("root")).AsSpan(0, Hive.BaseBlock + 512).CopyTo(bytes);
        var root = BitConverter.ToInt32(bytes, 36) + Hive.BaseBlock + 4;
        const int Index = 1024;
        BitConverter.TryWriteBytes(bytes.AsSpan(root + 20), 5);
        BitConverter.TryWriteBytes(bytes.AsSpan(root + 28), Index);
        BitConverter.TryWriteBytes(bytes.AsSpan(Hive.BaseBlock + Index), -(4 * 65_537));
        "ri"u8.CopyTo(bytes.AsSpan(Hive.BaseBlock + Index + 4));
        BitConverter.TryWriteBytes(bytes.AsSpan(Hive.BaseBlock + Index + 6), (ushort)0xFFFF);
        for (var i = 0; i < 65_000; i++)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(Hive.BaseBlock + Index + 8 + (4 * i)), Index);
        }

        Assert.Empty(Hive.Read(bytes, out _)!.Root!.Subkeys());
    }

    [Fact]
    public void A_hive_made_by_hivex_is_read()
    {
        if (!File.Exists("/usr/bin/hivexsh"))
        {
            Assert.Skip("skipped: needs hivexsh (Debian package libhivex-bin)");
        }

        using var folder = new TemporaryFolder();
        var path = folder.Write("system", new HiveBuilder().Build(new TestKey("root")));
        var script = folder.Write("script", System.Text.Encoding.ASCII.GetBytes(string.Join('\n', [
            "add Select", "cd Select", "setval 1", "Current", "dword:1", "cd \\", "add ControlSet001", "cd ControlSet001", "add Control",
                "add Services", "cd Control",
            "add ProductOptions", "cd ProductOptions", "setval 1", "ProductType", "string:ServerNT", "cd \\ControlSet001\\Services",
                "add Tcpip", "cd Tcpip", "add Parameters",
            "cd Parameters", "setval 1", "EnableConnectionRateLimiting", "dword:1", "commit", "quit", ""])));
        var start = new ProcessStartInfo("hivexsh")
            { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var arg in new[] { "-w", "-f", script, path })
        {
            start.ArgumentList.Add(arg);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        var facts = SystemFacts.Read(path, File.ReadAllBytes(path));
        Assert.Null(facts.Problem);
        Assert.Equal(ProductType.Server, facts.ProductType);
        Assert.Equal(1u, facts.EnableConnectionRateLimiting);
        Assert.True(facts.HasTcpip);
        Assert.False(facts.HasTcpip6);
        Assert.False(facts.IsDirty);
        Assert.True(facts.IsChecksumValid);
    }
}
