using static HalfOpen.Linux.Bpf.SharedValue;

namespace HalfOpen.Linux.Bpf;

/// <summary>
/// The parts of <see cref="SocketProgram"/> that take a leased slot and give it back. The places of the tokens are told
/// by the socket's cookie: where two sockets would have one place, the second takes no slot and goes through the queue.
/// </summary>
/// <param name="shared">Descriptor of the <see cref="SharedValue"/>.</param>
/// <param name="context">The register that holds the program's context.</param>
/// <param name="cookieFrame">Where on the stack the socket's cookie goes when it has a slot.</param>
/// <param name="optionFrame">Four bytes on the stack.</param>
internal sealed class LeaseCode(int shared, int context, int cookieFrame, int optionFrame)
{
    private const int HelperUpdateOption = 49;
    private const int HelperCookie = 46;
    private const int FieldFamily = 20;
    private const int FieldRemoteV4 = 24;
    private const int FieldLocalV4 = 28;
    private const int FieldRemoteV6 = 32;
    private const int FieldLocalV6 = 48;
    private const int FieldSocket = 184;

    // struct bpf_sock
    private const int SocketMark = 16;
    private const int SocketPriority = 20;

    private const int SolSocket = 1;
    private const int SoPriority = 12;
    private const int AddressFamilyV4 = 2;
    private const int LoopbackNet = 127;
    private const int R0 = 0, R1 = 1, R2 = 2, R3 = 3, R4 = 4, R5 = 5, Page = 7, Cookie = 8, Fp = 10;

    /// <summary>
    /// In the connect callback. A socket with a priority of its own keeps it, and takes no slot; nor does one that is
    /// exempt by its mark, nor one that connects within this machine.
    /// </summary>
    public void AppendTake(BpfAssembler code)
    {
        code.SetValue(Page, shared, 0)
            .Load32(R2, Page, OpenOffset)
            .IfEqual(R2, 0, "no lease")
            .Load64(R2, Page, FreeOffset)
            .IfAtMostSigned(R2, 0, "no lease")
            .Load64(R1, context, FieldSocket)
            .IfEqual(R1, 0, "no lease")
            .Load32(R2, R1, SocketPriority)
            .IfNotEqual(R2, 0, "no lease")
            .Load32(R2, R1, SocketMark)
            .IfEqual(R2, 0, "mark")
            .Load32(R3, Page, MarkOffset)
            .IfSame(R2, R3, "no lease")
            .Place("mark")
            .Load32(R2, Page, LoopbackOffset)
            .IfNotEqual(R2, 0, "take");
        AppendLoopback(code);

        code.Place("take")
            .Move(R1, context)
            .Call(HelperCookie)
            .IfEqual(R0, 0, "no lease")
            .Move(Cookie, R0)
            .SetValue(Page, shared, 0)
            .Set(R2, -1)
            .FetchAdd(Page, FreeOffset, R2)
            .IfAtMostSigned(R2, 0, "undo");
        AppendToken(code)
            .Set(R0, 0)
            .CompareExchange(Page, 0, Cookie)
            .IfNotEqual(R0, 0, "undo");
        AppendPriority(code, unchecked((int)SlotLease.Priority))
            .IfNotEqual(R0, 0, "put down")
            .Store64(Fp, cookieFrame, Cookie)
            .Jump("no lease")

            .Place("put down")
            .Move(R0, Cookie)
            .Set(R1, 0)
            .CompareExchange(Page, 0, R1)
            .IfDiffer(R0, Cookie, "no lease") // somebody took it out of the lease meanwhile: it is not ours to return

            .Place("undo");
        AppendReturn(code).Place("no lease");
    }

    /// <summary>
    /// In the state callback of a socket that leaves SYN-SENT. What it sends from now on has its own priority.
    /// </summary>
    public void AppendGiveBack(BpfAssembler code)
    {
        code.Move(R1, context)
            .Call(HelperCookie)
            .Move(Cookie, R0)
            .IfEqual(Cookie, 0, "returned");
        AppendToken(code)
            .Move(R0, Cookie)
            .Set(R1, 0)
            .CompareExchange(Page, 0, R1)
            .IfDiffer(R0, Cookie, "returned");
        AppendReturn(code)
            .Place("returned")
            .Load64(R1, context, FieldSocket)
            .IfEqual(R1, 0, "restored")
            .Load32(R2, R1, SocketPriority)
            .IfNotEqual(R2, unchecked((int)SlotLease.Priority), "restored");
        AppendPriority(code, 0).Place("restored");
    }

    private void AppendLoopback(BpfAssembler code)
    {
        code.Load32(R2, context, FieldFamily)
            .IfNotEqual(R2, AddressFamilyV4, "v6")
            .Load32(R2, context, FieldRemoteV4)
            .Load32(R3, context, FieldLocalV4)
            .IfSame(R2, R3, "no lease")
            .And(R2, 0xff) // network order: the first byte of the address
            .IfEqual(R2, LoopbackNet, "no lease")
            .Jump("take")
            .Place("v6");
        for (var offset = 0; offset < 16; offset += 4)
        {
            code.Load32(R2, context, FieldRemoteV6 + offset)
                .Load32(R3, context, FieldLocalV6 + offset)
                .IfDiffer(R2, R3, "take");
        }

        code.Jump("no lease");
    }

    /// <summary>The place of the cookie's token, in <see cref="Page"/>.</summary>
    private BpfAssembler AppendToken(BpfAssembler code) => code.SetValue(Page, shared, TokensOffset)
        .Move(R2, Cookie)
        .And(R2, TokenCount - 1)
        .ShiftLeft(R2, 3)
        .AddRegister(Page, R2);

    private BpfAssembler AppendReturn(BpfAssembler code) => code.SetValue(Page, shared, 0)
        .Set(R2, 1)
        .FetchAdd(Page, FreeOffset, R2);

    private BpfAssembler AppendPriority(BpfAssembler code, int priority) => code.Set(R1, priority)
        .Store32(Fp, optionFrame, R1)
        .Move(R1, context)
        .Set(R2, SolSocket)
        .Set(R3, SoPriority)
        .Move(R4, Fp)
        .Add(R4, optionFrame)
        .Set(R5, sizeof(int))
        .Call(HelperUpdateOption);
}
