using System.Text;


namespace HalfOpen.Hosting.Replay;

/// <summary>
/// Lines of at most 64 Ki characters, so that a file without line ends cannot eat the memory. Ends are \n, \r\n or the
/// end of the file; a byte order mark before the first is skipped. Not thread-safe.
/// </summary>
public sealed class BoundedLineReader(TextReader input)
{
    /// <summary>Longest line, in characters.</summary>
    public const int MaxLength = 64 * 1024;
    private readonly char[] _buffer = new char[16 * 1024];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;
    private bool _begun;

    /// <value>The last line had no end of its own: the input ended first.</value>
    public bool IsCutOff { get; private set; }

    /// <summary>
    /// Null at the end of the input. Returns as soon as a line is whole: a pipe's other end may wait for the answer.
    /// </summary>
    /// <exception cref="ReplayFormatException">The line is too long.</exception>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellation)
    {
        _line.Clear();
        while (true)
        {
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf('\n');
            var length = found >= 0 ? found : _end - _start;
            _line.Append(_buffer, _start, length);
            _start += length;
            if (_line.Length > MaxLength)
            {
                throw new ReplayFormatException($"longer than {MaxLength} characters: an event is one short JSON object a line");
            }

            if (found >= 0)
            {
                _start++;
                return Text();
            }

            _start = 0;
            // A terminal's read ends with a line and not by being cancelled: it is left to itself.
            _end = await input.ReadAsync(_buffer, cancellation).AsTask().WaitAsync(cancellation);
            if (_end == 0)
            {
                IsCutOff = _line.Length > 0;
                return IsCutOff ? Text() : null;
            }
        }
    }

    private string Text()
    {
        if (!_begun)
        {
            _begun = true;
            if (_line.Length > 0 && _line[0] == '\uFEFF')
            {
                _line.Remove(0, 1); // files are read without it; standard input is not
            }
        }

        if (_line.Length > 0 && _line[^1] == '\r')
        {
            _line.Length--;
        }

        return _line.ToString();
    }
}
