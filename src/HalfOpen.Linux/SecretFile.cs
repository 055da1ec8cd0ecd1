using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace HalfOpen.Linux;

/// <summary>
/// A short line that is kept in a file which its owner alone can read or change. An existing file is taken only when it
/// is one of ours and no other user may read or write it; nothing that exists is ever changed, and no link is followed
/// in the last part of the path. Thread-safe: no state.
/// </summary>
public static class SecretFile
{
    /// <summary>Bytes that are read at most; a longer file is none of ours.</summary>
    public const int MaxLength = 256;

    private const int WriteOnly = 1, Create = 0x40, Exclusive = 0x80, NoTerminal = 0x100;
    private const int OwnerOnly = 0x180; // rw-------
    private const int RightsOfOthers = 0x3f;
    private const int KindMask = 0xf000, RegularFile = 0x8000;
    private const int EmptyPath = 0x1000, BasicStatistics = 0x7ff, StatusLength = 256, OwnerOffset = 20, ModeOffset = 28;
    private const int NoSuchFile = 2, Exists = 17, TooManyLinks = 40;

    private static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>The line that the file holds, without its end; where there is no file, it is made and holds
    /// <paramref name="fresh"/>.</summary>
    /// <param name="path">A file; its folder exists and is trusted.</param>
    /// <param name="fresh">ASCII, at most <see cref="MaxLength"/> - 1 characters.</param>
    /// <exception cref="LinuxException">The file cannot be had, or others could have read or written it.</exception>
    public static string ReadOrCreate(string path, string fresh)
    {
        // Twice: between two watches that start at the same time, one makes the file and the other reads it.
        for (var tries = 0; ; tries++)
        {
            using var file = new Descriptor(
                Native.Open(path, NoFollow | Native.NonBlocking | NoTerminal | Native.CloseOnExec, 0));
            if (!file.IsInvalid)
            {
                return Read(file, path);
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != NoSuchFile || tries > 1)
            {
                throw errno == TooManyLinks ? new LinuxException($"{path} is a link, which is not followed") : Native.Failure(path, errno);
            }

            if (TryCreate(path, fresh))
            {
                return fresh;
            }
        }
    }

    private static bool TryCreate(string path, string fresh)
    {
        using var file = new Descriptor(
            Native.Open(path, WriteOnly | Create | Exclusive | NoFollow | NoTerminal | Native.CloseOnExec, OwnerOnly));
        if (file.IsInvalid)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno == Exists ? false : throw Native.Failure("cannot make " + path, errno);
        }

        var line = Encoding.ASCII.GetBytes(fresh + "\n");
        return WriteAll(file, line) ? true : throw Native.Failure("cannot write " + path);
    }

    private static unsafe bool WriteAll(Descriptor file, byte[] line)
    {
        fixed (byte* start = line)
        {
            return Native.Write(file.Number, start, (nuint)line.Length) == line.Length;
        }
    }

    private static string Read(Descriptor file, string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        if (!Native.Status(file.Number, "", EmptyPath, BasicStatistics, status))
        {
            throw new LinuxException($"{path} cannot be looked at");
        }

        var mode = BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]);
        if ((mode & KindMask) != RegularFile)
        {
            throw new LinuxException($"{path} is no file");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(status[OwnerOffset..]) != Accounts.OwnUserId())
        {
            throw new LinuxException($"{path} belongs to another user, who knows what it holds: name another file");
        }

        if ((mode & RightsOfOthers) != 0)
        {
            throw new LinuxException($"{path} may be read or written by other users, so it holds no secret: name another file");
        }

        Span<byte> room = stackalloc byte[MaxLength + 1];
        var length = 0;
        while (length < room.Length)
        {
            var read = Native.ReadSome(file.Number, room[length..]);
            if (read < 0)
            {
                throw Native.Failure("cannot read " + path);
            }

            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return length <= MaxLength ? Encoding.Latin1.GetString(room[..length]).TrimEnd('\n')
            : throw new LinuxException($"{path} is too long");
    }
}
