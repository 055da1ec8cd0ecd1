using System.Text;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Doctor;

/// <summary>Facts in files.</summary>
internal static class FactsFiles
{
    /// <exception cref="CliException">No such file, or no facts in it.</exception>
    public static MachineFacts Read(Terminal terminal, string path) => Parse(path, ReadBounded(terminal, path));

    /// <exception cref="CliException">No facts.</exception>
    public static MachineFacts Parse(string path, ReadOnlySpan<byte> bytes)
    {
        CheckEmpty(path, bytes);
        try
        {
            return FactsJson.Read(bytes);
        }
        catch (FactsProblemException e)
        {
            throw CliException.Usage($"{SafeText.Of(path)}: {e.Message}");
        }
    }

    /// <exception cref="CliException">Nothing stands in it.</exception>
    public static void CheckEmpty(string path, ReadOnlySpan<byte> bytes)
    {
        if (EmptyText.Of(bytes) is { } empty)
        {
            throw CliException.Usage($"{(path == "-" ? "standard input" : SafeText.Of(path))} {empty}: there is nothing to look at.");
        }
    }

    /// <exception cref="CliException">It is there already, or cannot be written.</exception>
    public static void CheckTarget(string? path)
    {
        if (path is not null && Path.Exists(path))
        {
            throw CliException.Usage($"--save {SafeText.Of(path)}: it is there already, and nothing is overwritten: name a new file.");
        }

        OutputFile.Check("--save", path);
    }

    /// <summary>A new file that only its owner can read: it says who talks to whom.</summary>
    /// <exception cref="CliException">It is there already, or cannot be written.</exception>
    public static void Write(string path, MachineFacts facts)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = new FileStream(path, options);
            file.Write(Encoding.UTF8.GetBytes(PlainJson.Of(Encoding.UTF8.GetString(FactsJson.Write(facts)))));
        }
        catch (IOException) when (Path.Exists(path))
        {
            throw CliException.Usage($"--save {SafeText.Of(path)}: it is there already, and nothing is overwritten: name a new file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.Usage($"--save {SafeText.Of(path)}: {SafeText.Of(e.Message)}");
        }
    }

    /// <summary>A file, a pipe, or standard input (-), so much of it that one byte too many is noticed.</summary>
    public static byte[] ReadBounded(Terminal terminal, string path)
    {
        if (path == "-")
        {
            return ReadInput(terminal);
        }

        try
        {
            using var stream = File.OpenRead(path);
            using var memory = new MemoryStream();
            var buffer = new byte[81_920];
            while (memory.Length <= FactsJson.MaxLength && stream.Read(buffer) is > 0 and var count)
            {
                memory.Write(buffer, 0, count);
            }

            return memory.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.Usage($"{SafeText.Of(path)} cannot be read: {SafeText.Of(e.Message)}");
        }
    }

    /// <summary>The first bytes, fewer when it is shorter.</summary>
    public static byte[] ReadStart(string path, int count)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var buffer = new byte[count];
            return buffer[..stream.ReadAtLeast(buffer, count, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.Usage($"{SafeText.Of(path)} cannot be read: {SafeText.Of(e.Message)}");
        }
    }

    private static byte[] ReadInput(Terminal terminal)
    {
        var text = new StringBuilder();
        var buffer = new char[32_768];
        while (text.Length <= FactsJson.MaxLength && terminal.In.Read(buffer) is > 0 and var count)
        {
            text.Append(buffer, 0, count);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
