using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.Versioning;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;
using HalfOpen.Windows.Live;

namespace HalfOpen.Cli.Doctor;

/// <summary>
/// Gathers what findings are made of on a Windows that runs, by its documented calls. Reads only; sends nothing. One
/// object for one look; not thread-safe.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class LiveWindows
{
    private const string Source = "Tcpip";
    private const int MaxEvents = 10_000;
    private const int MaxCached = 65_536;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly FactsBuilder _builder = new();
    private readonly List<string> _notes = [];
    private readonly Dictionary<uint, ProgramFacts> _programs = [];

    /// <exception cref="Win32Exception">Windows does not tell its sockets.</exception>
    public MachineFacts Collect(TimeSpan watch, Action<TimeSpan>? onTime, CancellationToken cancellation)
    {
        var taken = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var connections = new ConnectionWatch(_builder, NameOf);
        while (clock.Elapsed < watch && !cancellation.IsCancellationRequested)
        {
            connections.Round(Look(), clock.Elapsed.TotalSeconds);
            onTime?.Invoke(clock.Elapsed);
            var left = watch - clock.Elapsed;
            cancellation.WaitHandle.WaitOne(left <= TimeSpan.Zero ? TimeSpan.Zero : Pause < left ? Pause : left);
        }

        var watched = clock.Elapsed.TotalSeconds;
        connections.Round(Look(), watched, isLast: true);
        NoteUdp();
        var range = TcpSettings.DynamicPorts();
        if (range is null)
        {
            _notes.Add("netsh did not tell the range of local ports");
        }

        var facts = new MachineFacts
        {
            Source = FactsSource.Windows,
            TakenUtc = taken,
            WatchedSeconds = watch > TimeSpan.Zero ? Math.Round(watched, 2) : 0,
            View = watch > TimeSpan.Zero ? ViewKind.Sampled : ViewKind.Snapshot,
            SeesAll = Environment.IsPrivilegedProcess,
            Windows = WithLog(Settings()),
            Surroundings = Surroundings(),
        };
        return _builder.Build(facts, range) with { Notes = [.. _notes] };
    }

    private static List<ConnectionSeen> Look() => [.. ConnectionTables.Tcp().Select(s => new ConnectionSeen(s.Process, s.State switch
    {
        ConnectionState.SynSent => SocketStage.HalfOpen,
        ConnectionState.Established => SocketStage.Open,
        ConnectionState.TimeWait => SocketStage.TimeWait,
        ConnectionState.Listen => SocketStage.Listening,
        ConnectionState.SynReceived or ConnectionState.Closed or ConnectionState.DeleteTcb => null,
        _ => SocketStage.Closing,
    }, s.Local, s.LocalPort, s.Remote, s.RemotePort))];

    private ProgramFacts NameOf(uint process)
    {
        if (_programs.TryGetValue(process, out var known))
        {
            return known;
        }

        ProgramFacts program;
        try
        {
            using var running = Process.GetProcessById((int)process);
            program = new ProgramFacts(running.ProcessName, NameOrigin.Process, process);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            program = new ProgramFacts(process == 0 ? "a program that has ended already" : $"process {process}", NameOrigin.Text, process);
        }

        if (_programs.Count >= MaxCached)
        {
            _programs.Clear();
        }

        return _programs[process] = program;
    }

    private void NoteUdp()
    {
        var udp = ConnectionTables.Udp();
        if (udp.Count > 0)
        {
            var most = udp.GroupBy(u => u.Process).MaxBy(g => g.Count())!;
            _notes.Add($"{udp.Count:N0} UDP sockets are open, most of {NameOf(most.Key).Name} ({most.Count():N0}); Windows does not tell "
                + "whom they talk to");
        }
    }

    private static WindowsFacts Settings()
    {
        var version = Environment.OSVersion.Version;
        return new WindowsFacts
        {
            System = $"Windows (version {version.Major}.{version.Minor}, build {version.Build})",
            Limiter = version >= new Version(6, 2) ? WindowsLimiter.OtherDesign : WindowsLimiter.InRegistry,
            RateLimiting = TcpSettings.Number("EnableConnectionRateLimiting"),
            MaxUserPort = TcpSettings.Number("MaxUserPort"),
            TimedWaitDelay = TcpSettings.Number("TcpTimedWaitDelay"),
        };
    }

    private WindowsFacts WithLog(WindowsFacts windows)
    {
        var events = new List<NetworkEventFacts>();
        DateTimeOffset? oldest = null, newest = null;
        try
        {
            foreach (var record in SystemLog.Read())
            {
                newest ??= record.TimeUtc;
                oldest = record.TimeUtc;
                if (events.Count < MaxEvents && record.Id is 4226 or 4227 or 4231
                    && record.Source.Equals(Source, StringComparison.OrdinalIgnoreCase))
                {
                    events.Add(new NetworkEventFacts(record.Id, record.TimeUtc));
                }
            }

            return windows with { Events = events, LogFromUtc = oldest, LogToUtc = newest };
        }
        catch (Win32Exception e)
        {
            _notes.Add("the System event log could not be read: " + SafeText.Of(e.Message.TrimEnd('.', ' ', '\r', '\n')));
            return windows;
        }
    }

    private static bool IsV4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    private static SurroundingsFacts? Surroundings()
    {
        try
        {
            foreach (var way in NetworkInterface.GetAllNetworkInterfaces().Where(i => i.OperationalStatus == OperationalStatus.Up)
                .Select(i => i.GetIPProperties()))
            {
                var gateway = way.GatewayAddresses.Select(g => g.Address).FirstOrDefault(IsV4);
                var own = way.UnicastAddresses.Select(a => a.Address).FirstOrDefault(IsV4);
                if (gateway is not null && own is not null)
                {
                    return new SurroundingsFacts(gateway.ToString(), AddressClass.IsPrivate(own), AddressClass.IsCarrierNat(own));
                }
            }
        }
        catch (NetworkInformationException)
        {
            // Then it is not known.
        }

        return null;
    }
}
