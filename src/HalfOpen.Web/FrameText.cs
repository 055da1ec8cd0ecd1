using System.Buffers;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;

namespace HalfOpen.Web;

/// <summary>The newest frame as JSON, written once for all who read it. Thread-safe.</summary>
internal sealed class FrameText
{
    private readonly Lock _lock = new();
    private WatchFrame? _frame;
    private ReadOnlyMemory<byte> _text;

    /// <summary>UTF-8, one line, without an end of line.</summary>
    public ReadOnlyMemory<byte> Of(WatchFrame frame)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_frame, frame))
            {
                var output = new ArrayBufferWriter<byte>(Math.Max(4096, _text.Length));
                FrameJson.Write(output, frame);
                (_frame, _text) = (frame, output.WrittenMemory);
            }

            return _text;
        }
    }
}
