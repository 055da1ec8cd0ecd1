using System.Globalization;
using HalfOpen.Hosting;

namespace HalfOpen.Guard.Service;

/// <summary>
/// One line an event, to standard error. Under systemd lines begin with their syslog level in angle brackets
/// (sd-daemon(3)); elsewhere with the time. Thread-safe.
/// </summary>
public sealed class GuardLog(TextWriter output, bool underJournal, TimeProvider clock)
{
    private readonly Lock _lock = new();

    /// <summary>Called before and after a line is written, so that a live line can make room.</summary>
    public Action? Before { get; set; }

    public void Information(string message) => Write(6, message);

    public void Warning(string message) => Write(4, message);

    public void Error(string message) => Write(3, message);

    /// <summary>Event 4226's words for what the guard saw.</summary>
    public static string LimitReached(GuardWarning warning) =>
        $"the limit of {warning.Limit} half-open attempts was reached: {warning.Waiting} wait; {warning.BiggestHolder} holds "
        + $"{warning.BiggestHolderSlots} (like Windows' event 4226)";

    private void Write(int level, string message)
    {
        lock (_lock)
        {
            Before?.Invoke();
            var line = PlainText.Of(message.ReplaceLineEndings(" "));
            output.WriteLine(underJournal
                ? string.Create(CultureInfo.InvariantCulture, $"<{level}>{line}")
                : string.Create(CultureInfo.InvariantCulture,
                    $"{clock.GetLocalNow():HH:mm:ss} {(level <= 3 ? "error: " : level == 4 ? "warning: " : "")}{line}"));
            output.Flush();
        }
    }
}
