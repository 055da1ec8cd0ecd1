using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HalfOpen.Linux;

/// <summary>
/// A terminal whose keys come one by one and are not echoed (termios(3)). Ctrl-C stays a signal; Ctrl-Z, which would
/// leave a half-painted screen behind, and Ctrl-S do nothing. <see cref="Dispose"/> gives it back as it was. One
/// thread, but for <see cref="Dispose"/>, which any may call.
/// </summary>
public sealed unsafe partial class RawTerminal : IDisposable
{
    // struct termios of Linux: four words of flags, the line discipline, control characters, two speeds.
    private const int Length = 60;
    private const int InputFlagsOffset = 0;
    private const int LocalFlagsOffset = 12;
    private const int CharactersOffset = 17;
    private const uint FlowControl = 0x400; // IXON
    private const uint LinesAndEcho = 0x2 | 0x8; // ICANON, ECHO
    private const int LeastCharacters = 6; // VMIN
    private const int ReadTime = 5; // VTIME
    private const int SuspendCharacter = 10; // VSUSP
    private const int Now = 0; // TCSANOW

    private readonly int _input;
    private readonly int _output;
    private readonly byte[] _before = new byte[Length];
    private int _isOver;

    /// <param name="input">Descriptor of the terminal that keys come from.</param>
    /// <param name="output">Descriptor of the terminal that is painted on.</param>
    /// <exception cref="LinuxException">It is no terminal.</exception>
    public RawTerminal(int input, int output)
    {
        (_input, _output) = (input, output);
        Span<byte> mode = stackalloc byte[Length];
        fixed (byte* before = _before)
        fixed (byte* room = mode)
        {
            if (GetMode(input, before) != 0)
            {
                throw Native.Failure("this is no terminal");
            }

            _before.CopyTo(mode);
            Clear(mode[InputFlagsOffset..], FlowControl);
            Clear(mode[LocalFlagsOffset..], LinesAndEcho);
            mode[CharactersOffset + LeastCharacters] = 1;
            mode[CharactersOffset + ReadTime] = 0;
            mode[CharactersOffset + SuspendCharacter] = 0;
            if (SetMode(input, Now, room) != 0)
            {
                throw Native.Failure("the terminal cannot give its keys one by one");
            }
        }
    }

    /// <summary>To wait for keys.</summary>
    public int Number => _input;

    /// <summary>Columns and rows as the kernel knows them now; 80 x 24 where it does not.</summary>
    public (int Columns, int Rows) Size => TerminalSize.Both(_output) ?? (80, 24);

    /// <summary>Bytes of keys that were pressed; 0: the terminal is gone. Waits for the first.</summary>
    public int Read(Span<byte> room) => Math.Max(0, Native.ReadSome(_input, room));

    /// <summary>All of it, in one call where the terminal takes it.</summary>
    /// <returns>False: the terminal is gone.</returns>
    public bool Write(ReadOnlySpan<byte> text)
    {
        fixed (byte* start = text)
        {
            var written = 0;
            while (written < text.Length)
            {
                var count = (int)Native.Write(_output, start + written, (nuint)(text.Length - written));
                if (count < 0 && Marshal.GetLastPInvokeError() == Native.Interrupted)
                {
                    continue;
                }

                if (count <= 0)
                {
                    return false;
                }

                written += count;
            }
        }

        return true;
    }

    /// <summary>As it was. Again: nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            fixed (byte* before = _before)
            {
                _ = SetMode(_input, Now, before);
            }
        }
    }

    private static void Clear(Span<byte> word, uint flags) =>
        BinaryPrimitives.WriteUInt32LittleEndian(word, BinaryPrimitives.ReadUInt32LittleEndian(word) & ~flags);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetMode(int descriptor, byte* mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetMode(int descriptor, int when, byte* mode);
}
