using System.Runtime.InteropServices;
using HalfOpen.Xp.Texts;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Xp.Files;

/// <summary>
/// The steps under mono and .NET on Linux, where this program is tested and its window can be tried on a copy of a
/// Windows folder. Not meant for the disk of a real system there: the Linux program opens folders by descriptor and is
/// the one for that.
/// </summary>
internal sealed class PosixDisk : DiskSteps
{
    public override Replacement Replace(string from, string to)
    {
        if (PosixFileCalls.Rename(from, to) == 0)
        {
            return Replacement.Done;
        }

        throw Problem(to, new IOException(TextOf(Marshal.GetLastWin32Error())));
    }

    public override void ReplaceAtRestart(string from, string to) => throw new DiskProblemException(to, new Phrase(TextKey.InUse));

    public override bool IsReplacedAtRestart(string from) => false;

    protected override void Flush(SafeFileHandle file)
    {
        if (PosixFileCalls.Fsync((int)file.DangerousGetHandle()) != 0)
        {
            throw new IOException(TextOf(Marshal.GetLastWin32Error()));
        }
    }

    protected override void CopyAccessList(string from, string to)
    {
        // Attributes and times are copied; modes and owners have no counterpart on Windows.
    }

    private static string TextOf(int error) => "errno " + error;

    private static class PosixFileCalls
    {
        [DllImport("libc", EntryPoint = "rename", SetLastError = true, ExactSpelling = true, CharSet = CharSet.Ansi,
            BestFitMapping = false, ThrowOnUnmappableChar = true)]
        public static extern int Rename([MarshalAs(UnmanagedType.LPStr)] string from, [MarshalAs(UnmanagedType.LPStr)] string to);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true, ExactSpelling = true)]
        public static extern int Fsync(int descriptor);
    }
}
