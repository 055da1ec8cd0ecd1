using System.Buffers;
using HalfOpen.Core;

namespace HalfOpen.Hosting.Replay;

/// <summary>
/// A file of events in the making: a <see cref="ReplayWriter"/>, and its lines written out in large pieces. A disk that
/// fails ends the recording, not its host. Not thread-safe.
/// </summary>
public sealed class ReplayRecording : IDisposable
{
    private const int WriteOutAt = 64 * 1024;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly ReplayWriter _events;
    private Stream? _file;

    /// <param name="file">Where the events go, owned from now on.</param>
    /// <param name="epoch">What the file calls 0.</param>
    public ReplayRecording(Stream file, Instant epoch)
    {
        _file = file;
        _events = new ReplayWriter(_buffer, epoch);
    }

    /// <summary>
    /// Takes the next event, and first writes out what has gathered when that is much; null once the disk has failed.
    /// </summary>
    public ReplayWriter? Events
    {
        get
        {
            WriteOut(WriteOutAt);
            return _file is null ? null : _events;
        }
    }

    /// <summary>Lines so far.</summary>
    public long Lines => _events.Lines;

    /// <summary>Why recording ended early; empty otherwise.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Writes what has gathered to the file.</summary>
    /// <param name="atLeast">Bytes below which it goes on gathering.</param>
    public void WriteOut(int atLeast = 1)
    {
        if (_file is null || _buffer.WrittenCount < atLeast)
        {
            return;
        }

        try
        {
            _file.Write(_buffer.WrittenSpan);
            _buffer.ResetWrittenCount();
        }
        catch (IOException e)
        {
            Problem = $"recording ended: {e.Message}";
            Close();
        }
    }

    public void Dispose()
    {
        WriteOut();
        Close();
        _events.Dispose();
    }

    private void Close()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // It failed before; Problem says so.
        }

        _file = null;
    }
}
