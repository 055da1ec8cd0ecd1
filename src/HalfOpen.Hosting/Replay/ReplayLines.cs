namespace HalfOpen.Hosting.Replay;

/// <summary>
/// The events of a replay file, one after the other; empty lines are none. A file without any is an error: whoever
/// plays one expects an answer. Not thread-safe.
/// </summary>
/// <param name="input">Lines of a replay file.</param>
/// <param name="name">How messages call the file; null: standard input.</param>
public sealed class ReplayLines(TextReader input, string? name)
{
    private readonly BoundedLineReader _lines = new(input);
    private bool _hasEvent;

    /// <value>Number of the line that was read last, from 1; 0: none.</value>
    public long Number { get; private set; }

    /// <summary>Null at the end. Returns as soon as a line is whole.</summary>
    /// <exception cref="ReplayFormatException">A line is no event, or there is none; the message names the file and the
    /// line.</exception>
    public async ValueTask<ReplayEvent?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            string? line;
            try
            {
                line = await _lines.ReadAsync(cancellation);
            }
            catch (ReplayFormatException e)
            {
                throw Wrong(Number + 1, e);
            }

            if (line is null)
            {
                return _hasEvent ? null : throw new ReplayFormatException(
                    $"{name ?? "standard input"} {(Number == 0 ? Core.EmptyText.Empty : Core.EmptyText.Blank)}: there is no event to play; "
                    + ReplayParser.Form);
            }

            Number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                var happened = ReplayParser.Parse(line);
                _hasEvent = true;
                return happened;
            }
            catch (ReplayFormatException e) when (_lines.IsCutOff && !line.EndsWith('}'))
            {
                throw Wrong(Number, new ReplayFormatException(
                    $"the file ends in the middle of this line: what wrote it was cut off; remove the line ({e.Message})"));
            }
            catch (ReplayFormatException e)
            {
                throw Wrong(Number, e);
            }
        }
    }

    /// <summary>An error in an event that was read, with its place.</summary>
    public ReplayFormatException Wrong(long line, ReplayFormatException problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return new ReplayFormatException(FormattableString.Invariant($"{(name is null ? "line " : name + ":")}{line}: {problem.Message}"));
    }
}
