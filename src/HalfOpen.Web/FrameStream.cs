using System.Globalization;
using System.Text;
using HalfOpen.Watch.Feed;
using Microsoft.AspNetCore.Http;

namespace HalfOpen.Web;

/// <summary>
/// Frames as server-sent events (WHATWG HTML, 9.2), for a bounded number of readers. What a reader has not taken off
/// the wire is bounded too: the next frame is fetched when the last one has left, and frames in between are skipped.
/// One that takes nothing for long is cut off by Kestrel's least rate. Thread-safe.
/// </summary>
internal sealed class FrameStream(IWatchFeed feed, FrameText text, int mostReaders)
{
    /// <summary>Bytes handed over at once, so that no frame is copied whole for each reader.</summary>
    private const int Piece = 16 * 1024;

    private static readonly byte[] Hello = "retry: 1000\n\n"u8.ToArray();
    private static readonly byte[] End = "\n\n"u8.ToArray();
    private int _readers;

    /// <summary>Pages that follow now.</summary>
    public int Readers => Volatile.Read(ref _readers);

    public async Task ServeAsync(HttpContext context, CancellationToken stop)
    {
        if (Interlocked.Increment(ref _readers) > mostReaders)
        {
            Interlocked.Decrement(ref _readers);
            context.Response.Headers.RetryAfter = "5";
            await Answer.TextAsync(context, StatusCodes.Status503ServiceUnavailable, $"{mostReaders} pages follow already: close one.");
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
            Interlocked.Decrement(ref _readers);
        }
    }

    private async Task SendAsync(Stream body, CancellationToken cancel)
    {
        await body.WriteAsync(Hello, cancel);
        await body.FlushAsync(cancel);
        await foreach (var frame in feed.ReadAsync(cancel))
        {
            var start = string.Create(CultureInfo.InvariantCulture, $"id: {frame.Number}\ndata: ");
            await body.WriteAsync(Encoding.ASCII.GetBytes(start), cancel);
            for (var left = text.Of(frame); left.Length > 0; left = left[Math.Min(Piece, left.Length)..])
            {
                await body.WriteAsync(left[..Math.Min(Piece, left.Length)], cancel);
            }

            await body.WriteAsync(End, cancel);
            await body.FlushAsync(cancel);
        }
    }
}
