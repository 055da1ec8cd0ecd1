using System.ComponentModel;
using System.Runtime.InteropServices;
using HalfOpen.Xp.Texts;
using Microsoft.Win32;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Xp.Files;

/// <summary>The steps on Windows, from 2000 on. Only documented functions.</summary>
internal sealed class WindowsDisk : DiskSteps
{
    private const int ErrorAccessDenied = 5;
    private const int ErrorSharingViolation = 32;
    private const int ErrorUserMappedFile = 1224;

    public override Replacement Replace(string from, string to)
    {
        var attributes = File.Exists(to) ? File.GetAttributes(to) : FileAttributes.Normal;
        var isReadOnly = Has(attributes, FileAttributes.ReadOnly);
        if (isReadOnly)
        {
            File.SetAttributes(to, attributes & ~FileAttributes.ReadOnly); // a read-only file is not replaced
        }

        if (WindowsFileCalls.MoveFileEx(from, to, WindowsFileCalls.ReplaceExisting | WindowsFileCalls.WriteThrough))
        {
            return Replacement.Done;
        }

        var error = Marshal.GetLastWin32Error();
        if (isReadOnly)
        {
            File.SetAttributes(to, attributes);
        }

        return error is ErrorSharingViolation or ErrorUserMappedFile || (error == ErrorAccessDenied && MayDelete(to))
            ? Replacement.InUse
            : throw Failure(to, error);
    }

    public override void ReplaceAtRestart(string from, string to)
    {
        if (!WindowsFileCalls.MoveFileEx(from, to, WindowsFileCalls.ReplaceExisting | WindowsFileCalls.DelayUntilRestart))
        {
            throw Failure(to, Marshal.GetLastWin32Error());
        }
    }

    /// <summary>
    /// The list that MoveFileEx keeps, as its documentation describes it: pairs of source and target, each behind
    /// <c>\??\</c>.
    /// </summary>
    public override bool IsReplacedAtRestart(string from)
    {
        try
        {
            var list = Registry.GetValue(@"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager",
                "PendingFileRenameOperations", null) as string[];
            foreach (var entry in list ?? new string[0])
            {
                if (entry.EndsWith(from, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is System.Security.SecurityException || IsExpected(e))
        {
            // Not readable: then the file is taken for a leftover of an interrupted run, which is swept; nothing is
            // lost by that.
        }

        return false;
    }

    protected override void Flush(SafeFileHandle file)
    {
        if (!WindowsFileCalls.FlushFileBuffers(file))
        {
            throw new IOException(new Win32Exception(Marshal.GetLastWin32Error()).Message);
        }
    }

    /// <summary>
    /// The list of who may do what. A file system without such lists (FAT) is no failure, and the driver works with the
    /// folder's list too.
    /// </summary>
    protected override void CopyAccessList(string from, string to)
    {
        const int AccessList = 4; // DACL_SECURITY_INFORMATION
        WindowsFileCalls.GetFileSecurity(from, AccessList, null, 0, out var size);
        if (size is <= 0 or > 0x10000)
        {
            return;
        }

        var descriptor = new byte[size];
        if (WindowsFileCalls.GetFileSecurity(from, AccessList, descriptor, size, out _))
        {
            WindowsFileCalls.SetFileSecurity(to, AccessList, descriptor);
        }
    }

    /// <summary>
    /// Tells a file that is in use (its image is mapped) from one that we have no right to replace: both are refused
    /// with the same number.
    /// </summary>
    private static bool MayDelete(string path)
    {
        const uint Delete = 0x10000, ShareAll = 7, OpenExisting = 3;
        using var handle = WindowsFileCalls.CreateFile(path, Delete, ShareAll, IntPtr.Zero, OpenExisting, 0, IntPtr.Zero);
        return !handle.IsInvalid || Marshal.GetLastWin32Error() == ErrorSharingViolation;
    }

    private static DiskProblemException Failure(string path, int error) => error == ErrorAccessDenied
        ? new DiskProblemException(path, new Phrase(TextKey.AccessDenied))
        : new DiskProblemException(path, new Phrase(TextKey.SystemSays, new Win32Exception(error).Message.Trim()));

    private static class WindowsFileCalls
    {
        public const int ReplaceExisting = 1;
        public const int DelayUntilRestart = 4;
        public const int WriteThrough = 8;

        [DllImport("kernel32.dll", EntryPoint = "MoveFileExW", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static extern bool MoveFileEx(string from, string to, int flags);

        [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static extern bool FlushFileBuffers(SafeFileHandle file);

        [DllImport("kernel32.dll", EntryPoint = "CreateFileW", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
        public static extern SafeFileHandle CreateFile(string path, uint access, uint share, IntPtr security, uint disposition, uint flags,
            IntPtr template);

        [DllImport("advapi32.dll", EntryPoint = "GetFileSecurityW", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static extern bool GetFileSecurity(string path, int what, byte[]? descriptor, int size, out int needed);

        [DllImport("advapi32.dll", EntryPoint = "SetFileSecurityW", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static extern bool SetFileSecurity(string path, int what, byte[] descriptor);
    }
}
