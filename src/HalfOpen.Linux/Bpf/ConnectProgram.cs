namespace HalfOpen.Linux.Bpf;

/// <summary>
/// The BPF program (cgroup/connect4 and connect6) that notes beside a socket which process connects it (in the low half
/// of the number) and for which user (in the high half), for kernels whose sock_ops programs may not ask (before Linux
/// 6.10). <see cref="SocketProgram"/> reads the note. It refuses nothing.
/// </summary>
internal static class ConnectProgram
{
    // Offsets in struct bpf_sock_addr and helper numbers of linux/bpf.h.
    private const int FieldProtocol = 36;
    private const int FieldSocket = 64;
    private const int HelperPidTgid = 14;
    private const int HelperUidGid = 15;
    private const int HelperStorageGet = 107;
    private const int HelperNetnsCookie = 122;
    private const int CreateStorage = 1;
    private const int ProtocolTcp = 6;

    /// <param name="storage">Descriptor of the socket storage.</param>
    /// <param name="netnsCookie">The namespace to watch.</param>
    public static byte[] Assemble(int storage, ulong netnsCookie)
    {
        const int R0 = 0, R1 = 1, R2 = 2, R3 = 3, R4 = 4, Context = 6, Other = 7, Fp = 10;
        return new BpfAssembler()
            .Move(Context, R1)
            .Load32(R2, Context, FieldProtocol)
            .IfNotEqual(R2, ProtocolTcp, "out")
            .Call(HelperNetnsCookie)
            .SetLong(Other, netnsCookie)
            .IfDiffer(R0, Other, "out")
            .Call(HelperPidTgid)
            .ShiftRight(R0, 32)
            .Store32(Fp, -8, R0)
            .Call(HelperUidGid)
            .Store32(Fp, -4, R0)
            .Load64(Other, Context, FieldSocket)
            .IfEqual(Other, 0, "out")
            .SetMap(R1, storage)
            .Move(R2, Other)
            .Move(R3, Fp)
            .Add(R3, -8)
            .Set(R4, CreateStorage)
            .Call(HelperStorageGet)
            .IfEqual(R0, 0, "out")

            // A socket may connect again, by another process.
            .Load64(R2, Fp, -8)
            .Store64(R0, 0, R2)
            .Place("out")
            .Set(R0, 1)
            .Exit()
            .Assemble();
    }
}
