using System.Diagnostics;
using System.Net.Sockets;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Cli.Doctor;

/// <summary>
/// Handshakes that the user asked for by name: the only thing that doctor ever sends. Each connection is closed at
/// once.
/// </summary>
internal static class Probe
{
    private const int MostHosts = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="CliException">One of them is no HOST:PORT.</exception>
    public static IReadOnlyList<(string Host, int Port)> Parse(IReadOnlyList<string> hosts)
    {
        if (hosts.Count > MostHosts)
        {
            throw CliException.Usage($"--probe: {MostHosts} hosts at most.");
        }

        return [.. hosts.Select(h => AddressText.HostAndPort(h) ?? throw CliException.Usage(
            $"--probe {StrictValues.Shown(h)} is not allowed: give a host and a port, as example.com:443, 192.0.2.1:443 or "
            + "[2001:db8::1]:443."))];
    }

    /// <summary>All at once; ends after five seconds at most.</summary>
    public static IReadOnlyList<ProbeFacts> Run(IReadOnlyList<(string Host, int Port)> hosts, CancellationToken cancellation) =>
        [.. Task.WhenAll(hosts.Select(h => TryAsync(h.Host, h.Port, cancellation))).GetAwaiter().GetResult()];

    private static async Task<ProbeFacts> TryAsync(string host, int port, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var clock = Stopwatch.StartNew();
        string outcome;
        try
        {
            var addresses = await System.Net.Dns.GetHostAddressesAsync(host, limit.Token);
            clock.Restart();
            using var socket = new Socket(addresses[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(addresses[0], port, limit.Token);
            outcome = "established";
        }
        catch (OperationCanceledException)
        {
            outcome = "silent";
        }
        catch (SocketException e)
        {
            outcome = e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused or SocketError.ConnectionReset => "refused",
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no-such-name",
                SocketError.TimedOut => "silent",
                _ => "unreachable",
            };
        }
        catch (ArgumentException)
        {
            outcome = "no-such-name"; // longer than names may be
        }

        return new ProbeFacts(host, port, outcome, Math.Round(clock.Elapsed.TotalMilliseconds, 2));
    }
}
