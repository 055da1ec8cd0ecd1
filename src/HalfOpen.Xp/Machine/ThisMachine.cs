using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Principal;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Machine;

/// <summary>
/// Reads the System log, newest first; .NET 10 has no class for it, so that only the executable brings one.
/// </summary>
/// <exception cref="LogUnreadableException">It cannot be read.</exception>
internal delegate IEnumerable<LogEntry> LogReader();

/// <summary>The system that this program runs on. Only documented functions.</summary>
internal sealed class ThisMachine : IMachine
{
    private readonly LogReader _log;

    public ThisMachine(LogReader log) => _log = log;

    private static bool IsWindows => Environment.OSVersion.Platform == PlatformID.Win32NT;

    /// <summary>Above system32: on a terminal server the Windows folder of a user is another one.</summary>
    public string? WindowsFolder => IsWindows ? Path.GetDirectoryName(Environment.SystemDirectory) : null;

    public bool IsAdministrator => new WindowsPrincipal(WindowsIdentity.GetCurrent()).IsInRole(WindowsBuiltInRole.Administrator);

    public bool IsRedirected
    {
        get
        {
            try
            {
                var thisProcess = new IntPtr(-1);
                var is32Bit = IsWindows && IntPtr.Size == 4;
                return is32Bit && SystemCalls.IsWow64Process(thisProcess, out var isRedirected) != 0 && isRedirected != 0;
            }
            catch (EntryPointNotFoundException)
            {
                return false; // XP before SP2 on 32 bits has no such function
            }
        }
    }

    public SoldAs Product
    {
        get
        {
            var size = Marshal.SizeOf(typeof(SystemCalls.VersionInformation));
            var version = new SystemCalls.VersionInformation { Size = size, ServicePack = "" };
            return !IsWindows || !SystemCalls.GetVersionEx(ref version) ? SoldAs.Unknown
                : version.ProductType == 1 ? SoldAs.Workstation // VER_NT_WORKSTATION
                : SoldAs.Server;
        }
    }

    public SocketList Sockets() => IsWindows ? IpHelper.Read(NameOf) : SocketList.Unreadable(new Phrase(TextKey.SocketsOnlyOnWindows));

    public IEnumerable<LogEntry> SystemLog() => _log();

    private static string? NameOf(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.ProcessName;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null; // it has ended, or is the system itself
        }
    }

    private static class SystemCalls
    {
        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern int IsWow64Process(IntPtr process, out int isRedirected);

        [DllImport("kernel32.dll", EntryPoint = "GetVersionExW", CharSet = CharSet.Unicode, ExactSpelling = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static extern bool GetVersionEx(ref VersionInformation version);

        /// <summary>OSVERSIONINFOEXW.</summary>
        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        public struct VersionInformation
        {
            public int Size;
            public int Major;
            public int Minor;
            public int Build;
            public int Platform;

            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 128)]
            public string ServicePack;

            public short ServicePackMajor;
            public short ServicePackMinor;
            public short Suite;
            public byte ProductType;
            public byte Reserved;
        }
    }
}
