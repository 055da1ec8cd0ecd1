using HalfOpen.Linux.Netlink;
using Xunit;

namespace HalfOpen.Tests.Guard;

public sealed class RawSocketsTests
{
    private const string Head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";

    [Theory]
    [InlineData("   6: 00000000:0006 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0",
        true)]
    [InlineData(" 255: 00000000:00FF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0",
        true)]
    [InlineData("   6: 00000000000000000000000000000000:0006 00000000000000000000000000000000:0000 07 0:0", true)]
    [InlineData("   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0",
        false)]
    [InlineData("", false)]
    [InlineData("6:", false)]
    [InlineData("6: : :", false)]
    [InlineData("6: 0:10006", false)]
    public void A_raw_socket_for_tcp_is_known_by_its_protocol(string line, bool maySend) =>
        Assert.Equal(maySend, RawSockets.MaySendTcp([Head, line]));
}
