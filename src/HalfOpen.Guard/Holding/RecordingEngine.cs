using System.Buffers;
using HalfOpen.Core;
using HalfOpen.Core.Replay;

namespace HalfOpen.Guard.Holding;

/// <summary>
/// The engine as the guard calls it, each event also written to a file that <c>halfopen replay</c> reads, when one is wished. A disk that fails ends the recording, not the guard. Not thread-safe.
/// </summary>
internal sealed class RecordingEngine : IDisposable
{
    private const int WriteOutAt = 64 * 1024;
    private readonly Engine _engine;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private FileStream? _file;
    private ReplayEvents? _events;
    private long _numbers;

    /// <param name="path">The file, overwritten; null: nothing is recorded.</param>
    /// <exception cref="GuardException">The file cannot be written.</exception>
    public RecordingEngine(Engine engine, string? path, Instant epoch)
    {
        _engine = engine;
        if (path is null)
        {
            return;
        }

        try
        {
            _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _events = new ReplayEvents(_buffer, epoch);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new GuardException($"cannot write the record file {path}: {e.Message}", e);
        }
    }

    /// <summary>Why recording ended early; empty otherwise.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>The engine itself, for what is no event.</summary>
    public Engine Engine => _engine;

    public AttemptId Submit(in AttemptRequest request, Instant now, out long number)
    {
        number = ++_numbers;
        _events?.Submit(now, number, _engine.Programs.Name(request.Program), request.Destination);
        WriteOut(WriteOutAt);
        return _engine.Submit(request, now);
    }

    public AttemptId Adopt(in AttemptRequest request, Instant now, out long number)
    {
        number = ++_numbers;
        _events?.Adopt(now, number, _engine.Programs.Name(request.Program), request.Destination);
        return _engine.Adopt(request, now);
    }

    public void Complete(AttemptId attempt, long number, Outcome outcome, Instant now)
    {
        if (_engine.Complete(attempt, outcome, now))
        {
            _events?.Ended(now, number, outcome);
        }
    }

    public void ConnectionClosed(in Destination destination, long number, Instant now)
    {
        _events?.Closed(now, number);
        _engine.ConnectionClosed(destination, now);
    }

    public void SetLimit(int limit, Instant now)
    {
        _events?.LimitChanged(now, limit);
        _engine.SetLimit(limit, now);
    }

    public void AdvanceTo(Instant now)
    {
        if (_events is not null && _engine.NextDeadline <= now)
        {
            _events.Advanced(now);
        }

        _engine.AdvanceTo(now);
    }

    /// <summary>Writes what has gathered to the file.</summary>
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
    }

    private void Close()
    {
        _events?.Dispose();
        _events = null;
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
