using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Bpf;

/// <summary>How <see cref="SocketProgram"/> learns which process connects.</summary>
internal abstract record ProcessIds
{
    /// <summary>It asks (Linux 6.10): right in the machine's own PID namespace.</summary>
    /// <param name="User">It asks for the user, too (Linux 6.16).</param>
    public sealed record Asked(bool User) : ProcessIds;

    /// <summary>It asks for the id in one PID namespace (Linux 6.10); processes of others have none.</summary>
    /// <param name="User">It asks for the user, too (Linux 6.16).</param>
    public sealed record AskedIn(InodeIdentity Namespace, bool User) : ProcessIds;

    /// <summary>It reads what <see cref="ConnectProgram"/> noted in a socket storage.</summary>
    public sealed record Noted(int Storage) : ProcessIds;

    /// <summary>It does not.</summary>
    public sealed record Unknown : ProcessIds;
}

/// <summary>
/// The BPF program (type sock_ops) that tells us, for one network namespace, who connects (before the SYN is sent, in
/// the caller's context, so that the process id is known) and how each attempt ends. It writes one
/// <see cref="SocketEvent"/> a time into a ring buffer and changes nothing but its own callback flag.
/// </summary>
internal static class SocketProgram
{
    // enum of linux/bpf.h: operations, flags, helper numbers, offsets in struct bpf_sock_ops.
    private const int ConnectOperation = 3;
    private const int StateOperation = 10;
    private const int StateCallbackFlag = 4;
    private const int HelperTime = 5;
    private const int HelperPidTgid = 14;
    private const int HelperUidGid = 15;
    private const int HelperComm = 16;
    private const int HelperFlagsSet = 59;
    private const int HelperStorageGet = 107;
    private const int HelperPidTgidIn = 120;
    private const int HelperNetnsCookie = 122;
    private const int HelperRingOutput = 130;
    private const int HelperRingReserve = 131;
    private const int HelperRingDiscard = 133;
    private const int HelperRingQuery = 134;
    private const int HelperTcpSock = 137;
    private const int FieldOperation = 0;
    private const int FieldFirstArgument = 4;
    private const int FieldSecondArgument = 8;
    private const int FieldFamily = 20;
    private const int FieldRemoteV4 = 24;
    private const int FieldLocalV4 = 28;
    private const int FieldRemoteV6 = 32;
    private const int FieldLocalV6 = 48;
    private const int FieldRemotePort = 64;
    private const int FieldLocalPort = 68;
    private const int FieldFlags = 84;
    private const int FieldSocket = 184;

    private const int AddressFamilyV6 = 10;

    /// <summary>How a record wakes the reader: if it had read everything; not at all; in any case.</summary>
    private const int WakeIfIdle = 0, WakeNot = 1, WakeAlways = 2;
    private const int AvailableData = 0;

    /// <summary>
    /// The reader is woken at this part of the ring, though nobody waits: whoever begins to wait then does so until all
    /// is read, some milliseconds.
    /// </summary>
    private const int WakeAtPart = 8;
    private const int Frame = -SocketEvent.NamedLength;
    private const int R0 = 0, R1 = 1, R2 = 2, R3 = 3, R4 = 4, Context = 6, Cookie = 7, Wanted = 7, How = 8, Bytes = 9, Fp = 10;

    /// <summary>struct bpf_pidns_info: two numbers, the second being what user space calls the process id.</summary>
    private const int NamespaceFrame = Frame - 8;
    private const int NamespaceFrameLength = 8;
    private const int OptionFrame = NamespaceFrame - 8;

    /// <param name="ring">Descriptor of the ring buffer.</param>
    /// <param name="ringBytes">Its size.</param>
    /// <param name="shared">Descriptor of the <see cref="SharedValue"/>.</param>
    /// <param name="netnsCookie">The namespace to watch.</param>
    /// <param name="errorOffset">Where sk_err is in struct sock; null: not known, errors are told as 0.</param>
    /// <param name="processIds">Where process ids come from.</param>
    /// <param name="leases">It gives out leased slots (<see cref="SlotLease"/>).</param>
    /// <param name="watches">For somebody who only watches attempts: no ends of connections, and (where the process may
    /// be asked for) records with names.</param>
    public static byte[] Assemble(
        int ring, int ringBytes, int shared, ulong netnsCookie, int? errorOffset, ProcessIds processIds, bool leases,
        bool watches = false)
    {
        var isNamed = watches && (processIds is ProcessIds.Asked { User: true } or ProcessIds.AskedIn { User: true });
        var length = isNamed ? SocketEvent.NamedLength : SocketEvent.Length;
        var lease = leases ? new LeaseCode(shared, Context, Frame + SocketEvent.CookieOffset, OptionFrame) : null;
        var localSyn = new LocalSynCode(shared, Context);
        var code = new BpfAssembler();
        code.Move(Context, R1)
            .Load32(R2, Context, FieldOperation)
            .IfEqual(R2, ConnectOperation, "ours?")
            .IfEqual(R2, StateOperation, "which?")
            .IfNotEqual(R2, LocalSynCode.Operation, "out");
        localSyn.AppendIsOurs(code, "out");
        code.Jump("ours?")

            .Place("which?")

            // Only the end of SYN-SENT and the end of a connection matter.
            .Load32(R3, Context, FieldFirstArgument)
            .IfEqual(R3, (int)TcpState.SynSent, "ours?");
        _ = watches ? code.Jump("out")
            : code.Load32(R3, Context, FieldSecondArgument).IfNotEqual(R3, (int)TcpState.Close, "out");
        code.Place("ours?")
            .Move(R1, Context)
            .Call(HelperNetnsCookie)
            .SetLong(Cookie, netnsCookie)
            .IfDiffer(R0, Cookie, "out")
            .Load32(R2, Context, FieldOperation)
            .IfNotEqual(R2, LocalSynCode.Operation, "event");
        localSyn.AppendNote(code);
        code.Jump("out")

            .Place("event")
            .Set(R2, 0);
        for (var offset = 0; offset < (isNamed ? length : SocketEvent.LengthV4); offset += 8)
        {
            code.Store64(Fp, Frame + offset, R2);
        }

        code.Call(HelperTime)
            .Store64(Fp, Frame + SocketEvent.TimeOffset, R0)
            .Load32(R2, Context, FieldOperation)
            .IfNotEqual(R2, ConnectOperation, "state")

            .Set(R2, (int)SocketEventKind.Connecting)
            .Store8(Fp, Frame + SocketEvent.KindOffset, R2);
        AppendProcess(code, processIds);
        if (isNamed)
        {
            code.Move(R1, Fp)
                .Add(R1, Frame + SocketEvent.Length)
                .Set(R2, SocketEvent.NameLength)
                .Call(HelperComm);
        }

        localSyn.AppendLearn(code);
        lease?.AppendTake(code);
        code.Load32(R2, Context, FieldFlags)
            .Or(R2, StateCallbackFlag)
            .Move(R1, Context)
            .Call(HelperFlagsSet)
            .Jump("addresses")

            .Place("state")
            .Set(R2, (int)SocketEventKind.StateChanged)
            .Store8(Fp, Frame + SocketEvent.KindOffset, R2)
            .Load32(R2, Context, FieldSecondArgument)
            .Store8(Fp, Frame + SocketEvent.NewOffset, R2)
            .Load32(R2, Context, FieldFirstArgument)
            .Store8(Fp, Frame + SocketEvent.OldOffset, R2)
            .IfNotEqual(R2, (int)TcpState.SynSent, "addresses");
        lease?.AppendGiveBack(code);
        if (errorOffset is { } error)
        {
            code.Load64(R1, Context, FieldSocket)
                .IfEqual(R1, 0, "addresses")
                .Call(HelperTcpSock)
                .IfEqual(R0, 0, "addresses")
                .Load32(R2, R0, error)
                .Store32(Fp, Frame + SocketEvent.ErrorOffset, R2);
        }

        code.Place("addresses")
            .Load32(R4, Context, FieldFamily)
            .Store8(Fp, Frame + SocketEvent.FamilyOffset, R4)
            .Load32(R2, Context, FieldLocalPort)
            .Store32(Fp, Frame + SocketEvent.LocalPortOffset, R2)
            .Load32(R2, Context, FieldRemotePort)
            .Store32(Fp, Frame + SocketEvent.RemotePortOffset, R2)
            .Load32(R2, Context, FieldRemoteV4)
            .Store32(Fp, Frame + SocketEvent.RemoteV4Offset, R2)
            .Load32(R2, Context, FieldLocalV4)
            .Store32(Fp, Frame + SocketEvent.LocalV4Offset, R2)
            .Set(Bytes, isNamed ? length : SocketEvent.LengthV4)
            .IfNotEqual(R4, AddressFamilyV6, "send")
            .Set(Bytes, length);
        for (var offset = 0; offset < 16; offset += 4)
        {
            code.Load32(R2, Context, FieldRemoteV6 + offset)
                .Store32(Fp, Frame + SocketEvent.RemoteV6Offset + offset, R2)
                .Load32(R2, Context, FieldLocalV6 + offset)
                .Store32(Fp, Frame + SocketEvent.LocalV6Offset + offset, R2);
        }

        AppendSend(code.Place("send"), ring, ringBytes, shared);
        return code.Place("out")
            .Set(R0, 1)
            .Exit()
            .Assemble();
    }

    /// <summary>
    /// Waking the reader costs more than all the rest: it is done when an outcome is waited for, or when the ring is
    /// half full. The reader says that it waits and then looks into the ring; we write into the ring and then look
    /// whether it waits: one of the two sees the other.
    /// </summary>
    private static void AppendSend(BpfAssembler code, int ring, int ringBytes, int shared) =>
        code.SetValue(Wanted, shared, SharedValue.WantedOffset)
            .Load32(R2, Wanted, 0)
            .Set(How, WakeIfIdle)
            .IfNotEqual(R2, 0, "output")
            .SetMap(R1, ring)
            .Set(R2, AvailableData)
            .Call(HelperRingQuery)
            .Set(How, WakeAlways)
            .IfAtLeast(R0, ringBytes / WakeAtPart, "output")
            .Set(How, WakeNot)
            .Place("output")
            .SetMap(R1, ring)
            .Move(R2, Fp)
            .Add(R2, Frame)
            .Move(R3, Bytes)
            .Move(R4, How)
            .Call(HelperRingOutput)
            .IfEqual(R0, 0, "written")
            .Set(R2, 1)
            .AtomicAdd(Wanted, SharedValue.LostOffset, R2)
            .Place("written")
            .IfNotEqual(How, WakeNot, "out")
            .Load32(R2, Wanted, 0)
            .IfEqual(R2, 0, "out")

            // It began to wait meanwhile. A record that is taken back wakes it.
            .SetMap(R1, ring)
            .Set(R2, 8)
            .Set(R3, 0)
            .Call(HelperRingReserve)
            .IfEqual(R0, 0, "out")
            .Move(R1, R0)
            .Set(R2, WakeAlways)
            .Call(HelperRingDiscard);

    private static void AppendProcess(BpfAssembler code, ProcessIds processIds)
    {
        switch (processIds)
        {
            case ProcessIds.Asked:
                code.Call(HelperPidTgid)
                    .ShiftRight(R0, 32)
                    .Store32(Fp, Frame + SocketEvent.ProcessOffset, R0);
                break;
            case ProcessIds.AskedIn { Namespace: var pids }:
                code.SetLong(R1, pids.Device)
                    .SetLong(R2, pids.Inode)
                    .Move(R3, Fp)
                    .Add(R3, NamespaceFrame)
                    .Set(R4, NamespaceFrameLength)
                    .Call(HelperPidTgidIn)
                    .IfNotEqual(R0, 0, "who")
                    .Load32(R2, Fp, NamespaceFrame + 4)
                    .Store32(Fp, Frame + SocketEvent.ProcessOffset, R2);
                break;
            case ProcessIds.Noted { Storage: var storage }:
                code.Load64(R2, Context, FieldSocket)
                    .IfEqual(R2, 0, "who")
                    .SetMap(R1, storage)
                    .Set(R3, 0)
                    .Set(R4, 0)
                    .Call(HelperStorageGet)
                    .IfEqual(R0, 0, "who")
                    .Load32(R2, R0, 0)
                    .Store32(Fp, Frame + SocketEvent.ProcessOffset, R2)
                    .Load32(R2, R0, 4)
                    .Store32(Fp, Frame + SocketEvent.UserOffset, R2);
                break;
        }

        code.Place("who");
        if (processIds is ProcessIds.Asked { User: true } or ProcessIds.AskedIn { User: true })
        {
            code.Call(HelperUidGid)
                .Store32(Fp, Frame + SocketEvent.UserOffset, R0);
        }
    }
}
