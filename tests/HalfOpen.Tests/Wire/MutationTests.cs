using HalfOpen.Wire.Kernel;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.Tests.Wire;

/// <summary>
/// Whatever the bytes: no parser throws, and none reads outside what it was given (spans would throw).
/// </summary>
public sealed class MutationTests
{
    private const int Rounds = 30_000;

    private static readonly byte[] Syn6 = PacketBuilder.V6(
        "fd00::1", "2001:db8::2", PacketBuilder.Tcp(1, 2, 3, 4, TcpFlags.Syn), 6, (PacketBuilder.HopByHop, 16), (PacketBuilder.Fragment, 8),
            (PacketBuilder.Authentication, 24));

    private static readonly Flow Redirected = new(Flow.MapV4(0x0a000001), 40_000, Flow.MapV4(0x0b000001), 443);

    private static readonly byte[][] Seeds =
    [
        Samples.Syn,
        Syn6,
        PacketBuilder.V4("10.0.0.9", "10.0.0.1", PacketBuilder.Icmp(3, 1, Samples.Syn), protocol: 1),
        PacketBuilder.V6("fd00::9", "fd00::1", PacketBuilder.Icmp(1, 0, Syn6), 58),
        Samples.QueuedSyn(),
        Samples.LoggedPacket(Syn6),
        Samples.DiagnosedSocket("10.0.0.1", "10.0.0.2", 2),
        Samples.DiagnosedSocket("10.0.0.1", "10.0.0.2", 2, info: true),
        Samples.Error(-2),
        Samples.Generation(77),
        Samples.TrackedConnection(Redirected, Redirected.Reversed),
        Samples.MissedVerdict(5, 9),
        PacketBuilder.V4("10.0.0.1", "10.0.0.2", PacketBuilder.Tcp(1, 2, 3, 0, TcpFlags.Syn, PacketBuilder.MultipathCapable)),
        Samples.FilterRule(),
        Samples.SocketEventV4(),
        Samples.SocketEventV6(),
        Samples.Types(kindFlag: true),
        Samples.Types(kindFlag: false),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_parser_throws(int seed)
    {
        var random = new Random(seed);
        var parsed = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate((byte[])Seeds[random.Next(Seeds.Length)].Clone(), random);
            try
            {
                parsed += Parse(bytes);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {Convert.ToHexString(bytes)}: {e}");
            }
        }

        Assert.True(parsed > Rounds / 10, "most mutants should get past the first check, or this tests little");
    }

    private static int Parse(byte[] bytes)
    {
        var parsed = (TcpSegment.TryParse(bytes, out _) ? 1 : 0) + (IcmpError.TryParse(bytes, out _) ? 1 : 0)
            + (SocketEvent.TryParse(bytes, out _) ? 1 : 0)
            + (TypeFormat.TryFindMember(bytes, "sock", "sk_err", out _) ? 1 : 0);
        var reader = new NetlinkReader(bytes);
        while (reader.TryRead(out var message))
        {
            parsed += message.TryReadError(out _) ? 1 : 0;
            parsed += SocketDiagnosis.TryParse(message, out _) ? 1 : 0;
            parsed += SocketDetails.TryParse(message, out _) ? 1 : 0;
            parsed += TrackingMessages.TryParseAnswerer(message, out _) ? 1 : 0;
            parsed += QueueRequests.TryReadMissed(message, out _, out _) ? 1 : 0;
            parsed += FilterMessages.TryReadGeneration(message, out _) | FilterMessages.TryReadObject(message, out _) ? 1 : 0;
            if (QueuedPacket.TryParse(message, out var queued))
            {
                parsed += 1 + (TcpSegment.TryParse(queued.Packet, out _) ? 1 : 0);
            }

            if (LogMessages.TryReadPacket(message, out var logged))
            {
                parsed += 1 + (TcpSegment.TryParse(logged, out _) ? 1 : 0);
            }
        }

        return parsed;
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        for (var changes = random.Next(4); changes >= 0 && bytes.Length > 0; changes--)
        {
            switch (random.Next(5))
            {
                case 0:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[random.Next(Math.Min(bytes.Length, 48))] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
                case 3:
                    bytes = bytes[..random.Next(bytes.Length + 1)];
                    break;
                default:
                    bytes = [.. bytes, .. new byte[random.Next(32)]];
                    break;
            }
        }

        return bytes;
    }
}
