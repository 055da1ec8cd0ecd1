using System.Net;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;

namespace HalfOpen.XpShow;

/// <summary>
/// A Windows XP that was started an hour ago, whose file-sharing program has twelve attempts out, and whose limit was
/// noted twice. Everything is made up but the folder.
/// </summary>
internal sealed class MadeUpMachine : IMachine
{
    public MadeUpMachine(string folder, bool isAdministrator)
    {
        WindowsFolder = folder;
        IsAdministrator = isAdministrator;
    }

    public string? WindowsFolder { get; }

    public bool IsAdministrator { get; }

    public bool IsRedirected => false;

    public SoldAs Product => SoldAs.Workstation;

    public SocketList Sockets()
    {
        var sockets = new List<HalfOpenSocket>();
        for (var i = 0; i < 12; i++)
        {
            sockets.Add(new HalfOpenSocket(i < 9 ? 1832 : i < 11 ? 2044 : 960, new IPAddress(new byte[] { 192, 0, 2, (byte)i }), 6881));
        }

        return SocketList.Of(sockets, id => id == 1832 ? "emule" : id == 2044 ? "firefox" : "svchost");
    }

    public IEnumerable<LogEntry> SystemLog()
    {
        var now = DateTime.UtcNow;
        yield return new LogEntry("Tcpip", 0x80001082, now.AddMinutes(-9));
        yield return new LogEntry("Dhcp", 1003, now.AddMinutes(-12));
        yield return new LogEntry("Tcpip", 0x80001082, now.AddMinutes(-31));
        yield return new LogEntry("EventLog", 0x80001775, now.AddHours(-1));
    }
}
