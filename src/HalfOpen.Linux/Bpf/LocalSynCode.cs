using System.Buffers.Binary;

namespace HalfOpen.Linux.Bpf;

/// <summary>
/// The parts of <see cref="SocketProgram"/> that notice when a listener of this machine gets a SYN that was sent here:
/// that of a transparent proxy, to which a rule redirected it. The kernel asks for the first window of such a
/// connection before it answers, so that our note is there when the connecting socket has its answer. Addresses are
/// told by their last 32 bits: those that connect are ours, and those of the loopback, since a rule may masquerade.
/// Places are few: some SYNs from outside count, too.
/// </summary>
internal sealed class LocalSynCode(int shared, int context)
{
    public const int Operation = 2; // BPF_SOCK_OPS_RWND_INIT

    private const int HelperTime = 5;
    private const int FieldFamily = 20;
    private const int FieldRemoteV4 = 24;
    private const int FieldLocalV4 = 28;
    private const int FieldRemoteV6End = 32 + 12;
    private const int FieldLocalV6End = 48 + 12;
    private const int FieldRemotePort = 64;
    private const int FieldIsFull = 72;
    private const int AddressFamilyV4 = 2;
    private const int PortShift = 6;
    private const int R0 = 0, R2 = 2, R3 = 3, Page = 7;

    /// <summary>127.0.0.1 and ::1.</summary>
    public static void AddLoopback(Span<byte> ownAddresses)
    {
        ownAddresses[Hash(0x0100_007f)] = 1;
        ownAddresses[Hash(0x0100_0000)] = 1;
    }

    /// <summary>The place of the source port of a SYN, as the program finds it.</summary>
    public static int PlaceOf(ushort port)
    {
        int inNetworkOrder = BinaryPrimitives.ReverseEndianness(port);
        return (inNetworkOrder ^ (inNetworkOrder >> PortShift)) & (SharedValue.LocalSynCount - 1);
    }

    /// <summary>In the connect callback: its local address is ours.</summary>
    public void AppendLearn(BpfAssembler code)
    {
        code.Load32(R3, context, FieldFamily)
            .Load32(R2, context, FieldLocalV4)
            .IfEqual(R3, AddressFamilyV4, "learn")
            .Load32(R2, context, FieldLocalV6End)
            .Place("learn");
        AppendPlace(code)
            .Load8(R2, Page, 0)
            .IfNotEqual(R2, 0, "learned") // nearly always: a line that nobody writes is every processor's
            .Set(R2, 1)
            .Store8(Page, 0, R2)
            .Place("learned");
    }

    /// <summary>
    /// Goes on where a listener is asked and the remote address is one of ours; else to <paramref name="elsewhere"/>. A
    /// request over IPv4 to a listener for both has the listener's family and no IPv6 address: both are looked at.
    /// </summary>
    public void AppendIsOurs(BpfAssembler code, string elsewhere)
    {
        code.Load32(R2, context, FieldIsFull)
            .IfNotEqual(R2, 0, elsewhere) // a socket that connects is asked, too; a listener's request is none yet
            .Load32(R2, context, FieldRemoteV4);
        AppendPlace(code)
            .Load8(R2, Page, 0)
            .IfNotEqual(R2, 0, "sent here")
            .Load32(R2, context, FieldFamily)
            .IfEqual(R2, AddressFamilyV4, elsewhere)
            .Load32(R2, context, FieldRemoteV6End);
        AppendPlace(code)
            .Load8(R2, Page, 0)
            .IfEqual(R2, 0, elsewhere)
            .Place("sent here");
    }

    public void AppendNote(BpfAssembler code) => code.Call(HelperTime)
        .Load32(R2, context, FieldRemotePort)
        .ShiftRight(R2, 16)
        .Move(R3, R2)
        .ShiftRight(R3, PortShift)
        .Xor(R2, R3)
        .And(R2, SharedValue.LocalSynCount - 1)
        .ShiftLeft(R2, 3)
        .SetValue(Page, shared, SharedValue.LocalSynsOffset)
        .AddRegister(Page, R2)
        .Store64(Page, 0, R0);

    /// <summary>As the program reads the word.</summary>
    private static byte Hash(uint word)
    {
        word ^= word >> 16;
        return unchecked((byte)(word ^ (word >> 8)));
    }

    /// <summary>From the word in <see cref="R2"/>.</summary>
    private BpfAssembler AppendPlace(BpfAssembler code) => code.Move(R3, R2)
        .ShiftRight(R3, 16)
        .Xor(R2, R3)
        .Move(R3, R2)
        .ShiftRight(R3, 8)
        .Xor(R2, R3)
        .And(R2, SharedValue.OwnAddressCount - 1)
        .SetValue(Page, shared, SharedValue.OwnAddressesOffset)
        .AddRegister(Page, R2);
}
