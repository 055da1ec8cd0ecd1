using System.Net.Sockets;
using HalfOpen.Watch.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HalfOpen.Web;

/// <summary>
/// The page of a watch, on loopback, for whoever has the link (docs/decisions/0082). It reads and changes nothing.
/// Bounds: 32 connections, 8 KiB of head a request, no body, ten seconds for a head. Thread-safe.
/// </summary>
public sealed class WebPage : IAsyncDisposable
{
    private const int MaxConnections = 32;
    private const int MaxHead = 8 * 1024;
    private const int MaxHeaders = 40;
    private const int MaxLine = 2 * 1024;

    private readonly IWatchFeed _feed;
    private readonly Gate _gate;
    private readonly FrameText _text = new();
    private readonly FrameStream _stream;
    private readonly LoopbackSockets _sockets;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private bool _isOver;

    private WebPage(IWatchFeed feed, WebOptions options, LoopbackSockets sockets)
    {
        (_feed, _sockets) = (feed, sockets);
        _gate = new Gate(options.Token, sockets.Port);
        _stream = new FrameStream(feed, _text, options.Readers);
        Link = new Uri($"http://127.0.0.1:{sockets.Port}/{options.Token.Reveal()}/");

        // Empty: no configuration file, no variable of the environment and no log has a say in what root serves.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.UseKestrelCore().UseSockets(o => o.CreateBoundListenSocket = sockets.Take).ConfigureKestrel(Bound);
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>What opens the page; it contains the token.</summary>
    public Uri Link { get; }

    /// <summary>Pages that follow the frames now.</summary>
    public int Readers => _stream.Readers;

    /// <summary>Serves until it is disposed of.</summary>
    /// <exception cref="SocketException">The port is taken, or not ours to take.</exception>
    public static async Task<WebPage> StartAsync(IWatchFeed feed, WebOptions options)
    {
        var page = new WebPage(feed, options, new LoopbackSockets(options.Port));
        try
        {
            await page._app.StartAsync();
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cuts off whoever reads; does not wait for him.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        await _stop.CancelAsync();
        using (var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            await _app.StopAsync(now.Token);
        }

        await _app.DisposeAsync();
        _sockets.Dispose();
        _stop.Dispose();
    }

    private void Bound(KestrelServerOptions kestrel)
    {
        foreach (var address in _sockets.Addresses)
        {
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        }

        kestrel.AddServerHeader = false;
        kestrel.AllowResponseHeaderCompression = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestLineSize = MaxLine;
        limits.MaxRequestHeadersTotalSize = MaxHead;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestBufferSize = MaxHead + MaxLine;
        limits.MaxResponseBufferSize = 64 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
    }

    private async Task ServeAsync(HttpContext context)
    {
        Gate.Mark(context.Response);
        if (_gate.Check(context.Request, out var name) is var (status, words))
        {
            context.Response.Headers.Connection = "close";
            await Answer.TextAsync(context, status, words);
            return;
        }

        switch (name)
        {
            case null:
                // The names in the page are relative to a folder.
                context.Response.Headers.Location = Link.AbsolutePath;
                await Answer.TextAsync(context, StatusCodes.Status308PermanentRedirect, "The link ends with a slash.");
                break;
            case "frames":
                await _stream.ServeAsync(context, _stop.Token);
                break;
            case "frame.json" when _feed.Latest is { } frame:
                await Answer.BytesAsync(context, StatusCodes.Status200OK, "application/json", _text.Of(frame));
                break;
            case "frame.json":
                await Answer.TextAsync(context, StatusCodes.Status503ServiceUnavailable, "There is no frame yet.");
                break;
            default:
                await AssetAsync(context, name.Length == 0 ? "index.html" : name);
                break;
        }
    }

    private static Task AssetAsync(HttpContext context, string name) =>
        Assets.Find(name) is var (content, type) ? Answer.BytesAsync(context, StatusCodes.Status200OK, type, content)
        : Answer.TextAsync(context, StatusCodes.Status404NotFound, "There is no such thing here.");
}
