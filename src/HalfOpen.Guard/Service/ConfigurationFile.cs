using System.Text;
using HalfOpen.Core;
using HalfOpen.Hosting;

namespace HalfOpen.Guard.Service;

/// <summary>
/// The guard's configuration: lines of <c>key = value</c>; empty lines and lines that begin with # are skipped; a key
/// may come once, except <c>exempt</c>. Thread-safe: no state.
/// </summary>
public static class ConfigurationFile
{
    /// <summary>Where the unit reads it.</summary>
    public const string DefaultPath = "/etc/halfopen/guard.conf";

    /// <summary>More than this is no configuration: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>A value and what is allowed instead.</summary>
    private const int MaxShown = 400;

    /// <summary>
    /// Reads a file on top of <paramref name="settings"/>; <paramref name="table"/> says what may be set.
    /// </summary>
    /// <exception cref="GuardException">It cannot be read, or a line is wrong; the message names file, line, key and
    /// what is allowed.</exception>
    public static GuardSettings Read(string path, GuardSettings settings, SettingTable table)
    {
        if (path.Length == 0)
        {
            throw new GuardException("the name of the configuration file is empty: give one");
        }

        byte[] bytes;
        try
        {
            using var file = File.OpenRead(path);
            // Read, not Length: a pipe or a file of /proc has none.
            var buffer = new byte[MaxBytes + 1];
            var count = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (count > MaxBytes)
            {
                throw new GuardException($"{path} is larger than {MaxBytes} bytes: that is no configuration");
            }

            bytes = buffer[..count];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new GuardException($"there is no configuration file {path}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GuardException(
                Directory.Exists(path) ? $"{path} is a folder, and no configuration file"
                    : $"cannot read {path}: {e.Message.TrimEnd('.')}", e);
        }

        return Parse(Encoding.UTF8.GetString(bytes), path, settings, table);
    }

    /// <summary>Pure; see <see cref="Read"/>.</summary>
    /// <exception cref="GuardException">A line is wrong.</exception>
    public static GuardSettings Parse(string text, string path, GuardSettings settings, SettingTable table)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw At(path, number, $"'{Shown(line)}' is not key = value");
            }

            var (key, value) = (line[..equals].Trim(), line[(equals + 1)..].Trim());
            var setting = table.Find(key)
                ?? throw At(path, number,
                    $"there is no key '{Shown(key)}'{Resemblance.Hint(key, table.All.Select(s => s.Name))}; the keys are "
                    + $"{string.Join(", ", table.All.Select(s => s.Name))}");
            if (!seen.Add(key) && !setting.Repeats)
            {
                throw At(path, number, $"{key} is set twice");
            }

            settings = setting.Apply(settings, value)
                ?? throw At(path, number, Shown(setting.Refusal($"{key} = '{Shown(value)}'", value), MaxShown));
        }

        return settings.Problem() is { } problem ? throw new GuardException($"{path}: {problem}") : settings;
    }

    /// <summary>A file that says everything that can be said, commented out: the one that is shipped.</summary>
    public static string Template(SettingTable table)
    {
        var text = new StringBuilder();
        text.Append(
            "# Halfopen's guard. Lines are key = value; # begins a comment line. After a change: systemctl reload halfopen-guard\n");
        text.Append(
            "# A file with an error is refused as a whole, and a running guard keeps what it had. What stands on the command line wins.\n");
        foreach (var setting in table.All)
        {
            text.Append($"\n# {setting.Description}\n# Allowed: {setting.Allowed}.\n#{setting.Name} = {Example(setting)}\n");
        }

        return text.ToString();
    }

    private static string Example(Setting setting) => setting.Example ?? setting.Name switch
    {
        "limit" => "100",
        "exempt" => "port:22",
        "hold-cap" => "60s",
        "max-held" => "65536",
        "max-held-per-program" => "32768",
        "metrics" => "127.0.0.1:9226",
        "queue" or "log-group" => "4226",
        "outcomes" => "auto",
        "reconcile-every" => "3s",
        "forwarded-timeout" => "21s",
        "record" => "/var/lib/halfopen/events.log",
        _ => setting.IsSwitch ? "no" : "refuse",
    };

    private static GuardException At(string path, int line, string message) => new($"{path} line {line}: {message}");

    /// <summary>Bytes from a file go to a terminal: no control characters, and not endless.</summary>
    private static string Shown(string text, int most = 60) => PlainText.Of(text.Length <= most ? text : text[..most]);
}
