using System.Runtime.InteropServices;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// The errors of Linux that somebody can do something about, in one sentence each. The numbers are the same on every
/// architecture that .NET runs on.
/// </summary>
internal static class Errno
{
    public const int NotPermitted = 1, NotFound = 2, NoDevice = 6, WouldBlock = 11, AccessDenied = 13, Exists = 17, CrossDevice = 18,
        NotAFolder = 20;
    public const int Invalid = 22, ReadOnlyFileSystem = 30, TooManyLinks = 31, NameTooLong = 36, NoSuchCall = 38, Loop = 40,
        NotSupported = 95;

    /// <summary>Whether the file system has no such thing at all, as opposed to refusing it.</summary>
    public static bool IsMissingFeature(int error) => error is NoSuchCall or NotSupported;

    public static string Describe(int error) => error switch
    {
        NotPermitted =>
            "the system does not permit it: the file or its folder may be immutable ('lsattr' shows an i or a; 'chattr -i -a' takes "
            + "it away).",
        NotFound => "no such file.",
        AccessDenied => "permission denied; are you the owner, or root?",
        WouldBlock or 16 or 26 => "the file is in use by another program: close it and try again.", // also EBUSY, ETXTBSY
        NotAFolder => "a part of its path is no folder, or a link that is not followed.",
        24 or 23 => "too many open files: allow more (ulimit -n), or name a folder further down.", // EMFILE, ENFILE
        27 => "the file would be larger than is allowed here (ulimit -f).", // EFBIG
        28 => "the disk is full; nothing of the old file was lost. Free some space and try again.", // ENOSPC
        ReadOnlyFileSystem => 
            "the file system is read-only: unmount it, mount it for writing, and try again. NTFS that stays read-only was left "
            + "hibernated or unclean: start its Windows and shut it down first.",
        NameTooLong => "the path is too long.",
        Loop => "too many symbolic links, or a link that is not followed.",
        122 => "your disk quota is used up.", // EDQUOT
        _ => Sentence(Marshal.GetPInvokeErrorMessage(error)),
    };

    public static FileProblemException Problem(string path, int error) => new(path, Describe(error));

    /// <summary>What the last call of <see cref="Libc"/> in this thread failed with.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    private static string Sentence(string message) => char.ToLowerInvariant(message[0]) + message[1..] + ".";
}
