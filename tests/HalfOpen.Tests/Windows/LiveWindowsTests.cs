using System.Buffers.Binary;
using System.Net;
using HalfOpen.Windows.Live;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>What a Windows that runs hands out: tables of sockets, the words of netsh.</summary>
public sealed class LiveWindowsTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Rows_of_all_four_tables_are_read()
    {
        var v4 = OwnerTable.Parse(Table(24, r =>
        {
            U32(r, 0, 3);
            IPAddress.Parse("192.168.1.5").GetAddressBytes().CopyTo(r, 4);
            Port(r, 8, 49_153);
            IPAddress.Parse("198.51.100.4").GetAddressBytes().CopyTo(r, 12);
            Port(r, 16, 6881);
            U32(r, 20, 4242);
        }), isTcp: true, isV6: false);
        Assert.Equal(new OwnedSocket(ConnectionState.SynSent, IPAddress.Parse("192.168.1.5"), 49_153, IPAddress.Parse("198.51.100.4"), 6881,
            4242), Assert.Single(v4));
        var v6 = OwnerTable.Parse(Table(56, r =>
        {
            IPAddress.Parse("fd00::5").GetAddressBytes().CopyTo(r, 0);
            Port(r, 20, 49_153);
            IPAddress.Parse("2001:db8::4").GetAddressBytes().CopyTo(r, 24);
            Port(r, 44, 443);
            U32(r, 48, 5);
            U32(r, 52, 7);
        }), isTcp: true, isV6: true);
        Assert.Equal(new OwnedSocket(ConnectionState.Established, IPAddress.Parse("fd00::5"), 49_153, IPAddress.Parse("2001:db8::4"), 443,
            7), Assert.Single(v6));
        var udp4 = OwnerTable.Parse(Table(12, r =>
        {
            Port(r, 4, 53);
            U32(r, 8, 9);
        }), isTcp: false, isV6: false);
        Assert.Equal(new OwnedSocket(null, IPAddress.Any, 53, IPAddress.Any, 0, 9), Assert.Single(udp4));
        var udp6 = OwnerTable.Parse(Table(28, r =>
        {
            Port(r, 20, 53);
            U32(r, 24, 9);
        }), isTcp: false, isV6: true);
        Assert.Equal(new OwnedSocket(null, IPAddress.IPv6Any, 53, IPAddress.IPv6Any, 0, 9), Assert.Single(udp6));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_the_bytes_rows_are_read_or_not(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var table = new byte[random.Next(300)];
            random.NextBytes(table);
            if (table.Length >= 4 && random.Next(2) == 0)
            {
                U32(table, 0, (uint)random.Next(20));
            }

            foreach (var (isTcp, isV6) in (ReadOnlySpan<(bool, bool)>)[(true, true), (true, false), (false, true), (false, false)])
            {
                var rows = OwnerTable.Parse(table, isTcp, isV6);
                Assert.True(rows.Count <= table.Length / 12);
                Assert.All(rows, r => Assert.True(r.State is null || Enum.IsDefined(r.State.Value)));
            }
        }
    }

    [Theory]
    [InlineData("\r\nProtocol tcp Dynamic Port Range\r\n-------\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n", 49152,
        65535)]
    [InlineData("Dynamischer Portbereich für Protokoll TCP\r\n\r\nStartport       : 1025\r\nAnzahl von Ports: 64510\r\n", 1025, 65534)]
    [InlineData("動的ポートの範囲\r\n開始ポート : 1024\r\nポート数   : 100\r\n", 1024, 1123)]
    [InlineData("Start Port : 60000\r\nNumber of Ports : 16384\r\n", null, null)]
    [InlineData("Start Port : 0\r\nNumber of Ports : 5\r\n", null, null)]
    [InlineData("The following command was not found: int ipv4.\r\n", null, null)]
    [InlineData("", null, null)]
    public void The_range_of_ports_in_whatever_language(string text, int? low, int? high) =>
        Assert.Equal((low, high), (TcpSettings.ParseRange(text)?.Low, TcpSettings.ParseRange(text)?.High));

    private static byte[] Table(int length, Action<byte[]> fill)
    {
        var row = new byte[length];
        fill(row);
        return [1, 0, 0, 0, .. row];
    }

    private static void U32(byte[] row, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(at), value);

    private static void Port(byte[] row, int at, ushort port) => BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(at), port);
}
