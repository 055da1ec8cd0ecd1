using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Microsoft.Win32;

namespace HalfOpen.Windows.Live;

/// <summary>What this Windows is set to, as far as connections go. Thread-safe: nothing is kept.</summary>
public static partial class TcpSettings
{
    private const string Parameters = @"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
    private const int MaxText = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A number of the registry's Tcpip\Parameters; null: absent, no number, or not ours to see.</summary>
    [SupportedOSPlatform("windows")]
    public static long? Number(string name)
    {
        try
        {
            using var key = Registry.LocalMachine.OpenSubKey(Parameters);
            return key?.GetValue(name) is int value ? (uint)value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return null;
        }
    }

    /// <summary>The range of local ports for connections, as this Windows' own netsh tells it; null: it does
    /// not.</summary>
    [SupportedOSPlatform("windows")]
    public static (int Low, int High)? DynamicPorts()
    {
        try
        {
            var start = new ProcessStartInfo(Path.Combine(Environment.SystemDirectory, "netsh.exe"), "int ipv4 show dynamicport tcp")
                { UseShellExecute = false, RedirectStandardOutput = true, CreateNoWindow = true };
            using var process = Process.Start(start);
            var text = process?.StandardOutput.ReadToEndAsync();
            if (process is null || text is null || !process.WaitForExit(Patience))
            {
                process?.Kill();
                return null;
            }

            return ParseRange(text.Result);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or InvalidOperationException
            or AggregateException)
        {
            return null;
        }
    }

    /// <summary>
    /// Two lines that end in a number each, whatever the language of their words: the first port and how many there
    /// are.
    /// </summary>
    internal static (int Low, int High)? ParseRange(string text)
    {
        var numbers = Number().Matches(text.Length > MaxText ? text[..MaxText] : text)
            .Select(m => int.Parse(m.Groups["number"].ValueSpan, CultureInfo.InvariantCulture)).ToArray();
        return numbers is [> 0 and var first, > 0 and var count] && first + count - 1 <= ushort.MaxValue
            ? (first, first + count - 1) : null;
    }

    [GeneratedRegex(@":\s*(?<number>\d{1,6})\s*$",
        RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
