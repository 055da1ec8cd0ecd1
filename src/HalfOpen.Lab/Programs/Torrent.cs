using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// A torrent whose tracker and peers live in the lab's internet: food for a stock BitTorrent client. (BEP 3, BEP 23.)
/// </summary>
internal static class Torrent
{
    private const int PieceBytes = 1 << 18;
    private const int Pieces = 64;

    /// <summary>The .torrent file. Nobody has its pieces: a client keeps looking for peers.</summary>
    public static byte[] File(Internet internet)
    {
        var hashes = new byte[20 * Pieces];
        for (var i = 0; i < Pieces; i++)
        {
            SHA256.HashData(BitConverter.GetBytes(internet.Seed + (ulong)i)).AsSpan(0, 20).CopyTo(hashes.AsSpan(20 * i));
        }

        var tracker = $"http://{Dotted(internet.Web.First + 1)}/announce";
        return [.. Text(
            $"d8:announce{tracker.Length}:{tracker}4:infod6:lengthi{PieceBytes * Pieces}e4:name8:lab.data12:piece "
            + $"lengthi{PieceBytes}e6:pieces{hashes.Length}:"), .. hashes, .. "ee"u8];
    }

    /// <summary>The tracker's answer: <paramref name="count"/> peers, of which most are dead.</summary>
    public static byte[] Announcement(Internet internet, uint first, uint count)
    {
        var peers = new byte[6 * count];
        for (uint i = 0; i < count; i++)
        {
            var entry = peers.AsSpan((int)(6 * i));
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(entry, internet.Peers.Address(unchecked(first + i), internet.Seed));
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(entry[4..], internet.Peers.Port);
        }

        return [.. Text($"d8:intervali5e12:min intervali5e5:peers{peers.Length}:"), .. peers, .. "e"u8];
    }

    public static string Dotted(uint address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}");

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
