using System.Globalization;
using System.Text;
using HalfOpen.Watch.Feed;
using Microsoft.AspNetCore.Http;

namespace HalfOpen.Web;

/// <summary>
/// Pictures as server-sent events (WHATWG HTML, 9.2), for a bounded number of readers. What a reader has not taken off
/// the wire is bounded too: the next one is fetched when the last one has left, and those in between are skipped.
/// One that takes nothing for long is cut off by Kestrel's least rate. Thread-safe.
/// </summary>
internal sealed class EventStream<T>(IFeed<T> feed, LatestText<T> text, Func<T, long> number, ReaderCount readers)
    where T : class
{
    /// <summary>Bytes handed over at once, so that no picture is copied whole for each reader.</summary>
    private const int Piece = 16 * 1024;

    private static readonly byte[] Hello = "retry: 1000\n\n"u8.ToArray();
    private static readonly byte[] End = "\n\n"u8.ToArray();

    public async Task ServeAsync(HttpContext context, CancellationToken stop)
    {
        if (!readers.TryEnter())
        {
            context.Response.Headers.RetryAfter = "5";
            await Answer.TextAsync(context, StatusCodes.Status503ServiceUnavailable, $"{readers.Most} pages follow already: close one.");
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";
            if (HttpMethods.IsHead(context.Request.Method))
            {
                return;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stop);
            await SendAsync(context.Response.Body, either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The reader went away, or the watch ends.
        }
        finally
        {
            readers.Leave();
        }
    }

    private async Task SendAsync(Stream body, CancellationToken cancel)
    {
        await body.WriteAsync(Hello, cancel);
        await body.FlushAsync(cancel);
        await foreach (var picture in feed.ReadAsync(cancel))
        {
            var start = string.Create(CultureInfo.InvariantCulture, $"id: {number(picture)}\ndata: ");
            await body.WriteAsync(Encoding.ASCII.GetBytes(start), cancel);
            for (var left = text.Of(picture); left.Length > 0; left = left[Math.Min(Piece, left.Length)..])
            {
                await body.WriteAsync(left[..Math.Min(Piece, left.Length)], cancel);
            }

            await body.WriteAsync(End, cancel);
            await body.FlushAsync(cancel);
        }
    }
}
