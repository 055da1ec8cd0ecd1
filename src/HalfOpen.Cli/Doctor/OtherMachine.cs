using HalfOpen.Cli.CommandLine;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Texts;
using HalfOpen.Windows.EventLogs;

namespace HalfOpen.Cli.Doctor;

/// <summary>Looks at what came from another machine: a Windows that is off, saved facts, texts of tools.</summary>
internal static class OtherMachine
{
    private const int StartLength = 4096;

    /// <summary>What the path leads to is told by its content, not by its name.</summary>
    /// <exception cref="CliException">It is nothing that can be looked at.</exception>
    public static MachineFacts Look(Terminal terminal, string path, CancellationToken cancellation)
    {
        if (path != "-" && (Directory.Exists(path) || !Path.Exists(path)))
        {
            return OfWindows(terminal, path, cancellation); // also "image!1:/WINDOWS"; and it says when nothing is there
        }

        if (path != "-" && IsPlainFile(path) && IsBinary(FactsFiles.ReadStart(path, StartLength)) is { } start)
        {
            return EventLogFile.IsOne(start) ? OfLog(terminal, path)
                : start.AsSpan().StartsWith("ElfFile\0"u8)
                    ? throw CliException.Usage($"{SafeText.Of(path)}: event logs of Vista and later (.evtx) are not read: look for events "
                        + "4226, "
                        + "4227 and 4231 of source Tcpip with eventvwr, or 'wevtutil qe System.evtx /lf /f:text'.")
                    : OfWindows(terminal, path, cancellation);
        }

        var bytes = FactsFiles.ReadBounded(terminal, path);
        if (bytes.Length > FactsJson.MaxLength)
        {
            throw CliException.Usage($"{SafeText.Of(path)}: texts of more than {FactsJson.MaxLength >> 20} MiB are not read.");
        }

        FactsFiles.CheckEmpty(path, bytes);
        if (bytes.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            return FactsFiles.Parse(path, bytes);
        }

        return SavedText.Read(bytes) ?? throw CliException.Usage(
            $"{SafeText.Of(path)}: this is no output of ss, netstat or conntrack -L, no saved facts and no Windows.");
    }

    private static MachineFacts OfWindows(Terminal terminal, string path, CancellationToken cancellation) =>
        OfflineWindows.Look(terminal, path, cancellation);

    private static MachineFacts OfLog(Terminal terminal, string path) =>
        OfflineWindows.OfLog(path, FactsFiles.ReadBounded(terminal, path));

    /// <summary>Not so pipes, whose start would be lost by looking at it.</summary>
    private static bool IsPlainFile(string path)
    {
        var attributes = File.GetAttributes(path);
        return !attributes.HasFlag(FileAttributes.Directory)
            && (attributes.HasFlag(FileAttributes.Device) || new FileInfo(path).Length > 0);
    }

    /// <summary>The start itself when it is no text: zeros stand in it, and it is no UTF-16.</summary>
    private static byte[]? IsBinary(byte[] start) =>
        start is not [0xFF, 0xFE, ..] and not [0xFE, 0xFF, ..] && start.AsSpan().Contains((byte)0) ? start : null;
}
