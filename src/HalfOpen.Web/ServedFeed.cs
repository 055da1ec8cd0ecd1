using System.Buffers;
using HalfOpen.Watch.Feed;
using Microsoft.AspNetCore.Http;

namespace HalfOpen.Web;

/// <summary>A page and the feed that it shows. Thread-safe.</summary>
internal interface IServedFeed
{
    /// <param name="name">What is asked for, as <c>app.js</c> or <c>frames</c>; empty: the page itself.</param>
    Task ServeAsync(HttpContext context, string name, CancellationToken stop);
}

/// <inheritdoc/>
/// <param name="write">A picture as JSON in one line.</param>
/// <param name="number">That of a picture.</param>
/// <param name="readers">Shared by all feeds of a server.</param>
/// <param name="page">The file that shows the feed.</param>
internal sealed class ServedFeed<T>(IFeed<T> feed, Action<IBufferWriter<byte>, T> write, Func<T, long> number, ReaderCount readers,
    string page) : IServedFeed
    where T : class
{
    private readonly LatestText<T> _text = new(write);

    public Task ServeAsync(HttpContext context, string name, CancellationToken stop) => name switch
    {
        "frames" => new EventStream<T>(feed, _text, number, readers).ServeAsync(context, stop),
        "frame.json" when feed.Latest is { } picture =>
            Answer.BytesAsync(context, StatusCodes.Status200OK, "application/json", _text.Of(picture)),
        "frame.json" => Answer.TextAsync(context, StatusCodes.Status503ServiceUnavailable, "There is no frame yet."),
        _ when Assets.Find(name.Length == 0 ? page : name) is var (content, type) =>
            Answer.BytesAsync(context, StatusCodes.Status200OK, type, content),
        _ => Answer.TextAsync(context, StatusCodes.Status404NotFound, "There is no such thing here."),
    };
}
