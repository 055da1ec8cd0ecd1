using System.Buffers;

namespace HalfOpen.Web;

/// <summary>The newest picture as JSON, written once for all who read it. Thread-safe.</summary>
/// <param name="write">UTF-8, one line, without an end of line.</param>
internal sealed class LatestText<T>(Action<IBufferWriter<byte>, T> write)
    where T : class
{
    private readonly Lock _lock = new();
    private T? _picture;
    private ReadOnlyMemory<byte> _text;

    public ReadOnlyMemory<byte> Of(T picture)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_picture, picture))
            {
                var output = new ArrayBufferWriter<byte>(Math.Max(4096, _text.Length));
                write(output, picture);
                (_picture, _text) = (picture, output.WrittenMemory);
            }

            return _text;
        }
    }
}
