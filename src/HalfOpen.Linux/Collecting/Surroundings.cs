using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Linux.Collecting;

/// <summary>Own addresses, the way out, and DNS servers. Thread-safe: no state.</summary>
internal static class Surroundings
{
    private const int MaxServers = 16;
    private const uint UpAndGateway = 3;

    public static HashSet<IPAddress> OwnAddresses()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a
                => a.Address)];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    public static SurroundingsFacts Look()
    {
        var (gateway, device) = Gateway();
        IPAddress? address = null;
        try
        {
            address = NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(i => i.Name == device)?.GetIPProperties().UnicastAddresses
                .Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork);
        }
        catch (NetworkInformationException)
        {
            // Then it is not known.
        }

        return new SurroundingsFacts(gateway, address is not null && AddressClass.IsPrivate(address),
            address is not null && AddressClass.IsCarrierNat(address));
    }

    /// <summary>Of /etc/resolv.conf.</summary>
    public static IReadOnlyList<string> Servers()
    {
        try
        {
            return [.. File.ReadLines("/etc/resolv.conf").Take(1000).Select(l => l.Split([' ', '\t'],
                StringSplitOptions.RemoveEmptyEntries))
                .Where(w => w is ["nameserver", _, ..] && IPAddress.TryParse(w[1], out _)).Select(w => w[1]).Take(MaxServers)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>
    /// The default route of /proc/net/route: interface, destination, gateway, flags, ..., hexadecimal in the machine's
    /// order.
    /// </summary>
    private static (string Gateway, string Device) Gateway()
    {
        foreach (var line in KernelFiles.OfNet("route") ?? [])
        {
            var fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length > 7 && fields[1] == "00000000" && fields[7] == "00000000"
                && uint.TryParse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var gateway)
                && uint.TryParse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var flags)
                && (flags & UpAndGateway) == UpAndGateway)
            {
                return (new IPAddress(BitConverter.GetBytes(gateway)).ToString(), fields[0]);
            }
        }

        return ("", "");
    }
}
