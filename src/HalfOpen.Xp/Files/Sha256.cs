using System.Security.Cryptography;
using System.Text;

namespace HalfOpen.Xp.Files;

/// <summary>SHA-256 in 64 lower-case hexadecimal digits, as manifests hold it.</summary>
internal static class Sha256
{
    public static string Of(byte[] bytes)
    {
        using var algorithm = SHA256.Create();
#pragma warning disable CA1850 // SHA256.HashData came with .NET 5
        var hash = algorithm.ComputeHash(bytes);
#pragma warning restore CA1850
        var text = new StringBuilder(64);
        foreach (var b in hash)
        {
            text.Append(b.ToString("x2"));
        }

        return text.ToString();
    }
}
