using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// A program that tries one new host after another: the swarm (a P2P client and its mostly dead peers) and the scanner
/// (a worm). Reports <c>live</c> for each host that answers.
/// <para>
/// Settings: <c>wished</c> attempts at any time (an ended one is replaced at once) or <c>rate</c> a second; at most
/// <c>sockets</c> attempts; <c>open</c> seconds a connection stays open; <c>clock</c>: what ends a silent attempt after
/// <c>dead</c> seconds. <c>clock=windows</c>: they begin when its first SYN is on the wire, as on Windows XP, where a
/// queued attempt has sent nothing; the lab tells when that is, since a Linux program cannot know. <c>clock=linux</c>:
/// they begin with connect(), held or not. Either way the kernel itself times the socket out (TCP_USER_TIMEOUT), as its
/// own retries would after more than two minutes.
/// </para>
/// </summary>
internal sealed class DialingProgram(ProgramHost host, ProgramArguments arguments, Neighbourhood hosts)
{
    private const int LevelTcp = 6;
    private const int TcpUserTimeout = 18;
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<uint, (Socket Socket, long Since)> _waiting = new();
    private readonly TimeSpan _dead = arguments.Seconds("dead");
    private readonly TimeSpan _open = arguments.Seconds("open");
    private readonly bool _fromFirstSyn = arguments.Word("clock", "windows") == "windows";
    private readonly int _sockets = arguments.Count("sockets", 4000);
    private readonly ulong _seed = arguments.Seed;
    private int _next;
    private int _outstanding;

    /// <returns>What to do with a line from the lab.</returns>
    public Action<string> Start()
    {
        for (var i = 0; i < arguments.Count("wished"); i++)
        {
            _ = DialForever();
        }

        if (arguments.Number("rate") is > 0 and var rate)
        {
            _ = DialAtRate(rate);
        }

        return Hear;
    }

    private async Task DialForever()
    {
        while (true)
        {
            await Dial();
        }
    }

    private async Task DialAtRate(double rate)
    {
        var began = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var wished = 0L; await tick.WaitForNextTickAsync();)
        {
            for (var due = (long)(Stopwatch.GetElapsedTime(began).TotalSeconds * rate); wished < due; wished++)
            {
                if (_outstanding < _sockets)
                {
                    _ = Dial();
                }
            }
        }
    }

    /// <summary>One attempt, to its outcome. An established connection goes on beside.</summary>
    private async Task Dial()
    {
        Interlocked.Increment(ref _outstanding);
        var address = hosts.Address(unchecked((uint)Interlocked.Increment(ref _next)), _seed);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var since = Stopwatch.GetTimestamp();
            if (_fromFirstSyn)
            {
                _waiting[address] = (socket, since);
            }
            else
            {
                SetTimeout(socket, _dead);
            }

            await socket.ConnectAsync(new IPEndPoint(IPAddress.HostToNetworkOrder(unchecked((int)address)) & 0xffff_ffffL, hosts.Port));
            host.Report("live");
            _ = CloseLater(socket);
            socket = null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.TimedOut)
        {
            // the ordinary end of most attempts
        }
        catch (SocketException)
        {
            await Task.Delay(AfterTrouble); // aborted, out of ports, no route: do not spin
        }
        finally
        {
            _waiting.TryRemove(address, out _);
            socket?.Dispose();
            Interlocked.Decrement(ref _outstanding);
        }
    }

    private async Task CloseLater(Socket socket)
    {
        await Task.Delay(_open);
        socket.Dispose();
    }

    /// <summary>
    /// "seen ADDRESS": the first SYN to it is on the wire. Linux counts TCP_USER_TIMEOUT from connect(), so what has
    /// passed is added.
    /// </summary>
    private void Hear(string line)
    {
        if (!line.StartsWith("seen ", StringComparison.Ordinal)
            || !uint.TryParse(line.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var address))
        {
            return;
        }

        if (_waiting.TryGetValue(address, out var attempt))
        {
            try
            {
                SetTimeout(attempt.Socket, Stopwatch.GetElapsedTime(attempt.Since) + _dead);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // answered and closed meanwhile
            }
        }
    }

    private static void SetTimeout(Socket socket, TimeSpan timeout)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, (int)timeout.TotalMilliseconds);
        socket.SetRawSocketOption(LevelTcp, TcpUserTimeout, value);
    }
}
