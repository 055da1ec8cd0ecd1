using System.Collections.Frozen;
using System.Net.Sockets;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;
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

    private readonly Gate _gate;
    private readonly IServedFeed _first;
    private readonly FrozenDictionary<string, IServedFeed> _machines;
    private readonly ReaderCount _readers;
    private readonly LoopbackSockets _sockets;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private bool _isOver;

    private WebPage(IWatchFeed? feed, IFeed<MachinesFrame>? overview, IEnumerable<IWatchFeed> machines, WebOptions options,
        LoopbackSockets sockets)
    {
        _sockets = sockets;
        _gate = new Gate(options.Token, sockets.Port);
        _readers = new ReaderCount(options.Readers);
        _machines = machines.Select((machine, i) => KeyValuePair.Create($"m{i}", (IServedFeed)Watch(machine)))
            .ToFrozenDictionary(StringComparer.Ordinal);
        _first = feed is not null ? Watch(feed)
            : new ServedFeed<MachinesFrame>(overview!, MachinesJson.Write, f => f.Number, _readers, "overview.html");
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
    public int Readers => _readers.Now;

    /// <summary>Serves until it is disposed of.</summary>
    /// <exception cref="SocketException">The port is taken, or not ours to take.</exception>
    public static Task<WebPage> StartAsync(IWatchFeed feed, WebOptions options) =>
        StartAsync(new WebPage(feed, null, [], options, new LoopbackSockets(options.Port)));

    /// <summary>
    /// Serves several machines: an overview, and the page of each under <c>m0/</c>, <c>m1/</c> and so on.
    /// </summary>
    /// <param name="machines">In the order of the overview.</param>
    /// <exception cref="SocketException">The port is taken, or not ours to take.</exception>
    public static Task<WebPage> StartAsync(IFeed<MachinesFrame> overview, IEnumerable<IWatchFeed> machines, WebOptions options) =>
        StartAsync(new WebPage(null, overview, machines, options, new LoopbackSockets(options.Port)));

    private static async Task<WebPage> StartAsync(WebPage page)
    {
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

        if (name is null)
        {
            await MoveAsync(context, Link.AbsolutePath);
        }
        else if (Machine(name, out var rest) is not { } machine)
        {
            await _first.ServeAsync(context, name, _stop.Token);
        }
        else if (rest is null)
        {
            await MoveAsync(context, $"{Link.AbsolutePath}{name}/");
        }
        else
        {
            await machine.ServeAsync(context, rest, _stop.Token);
        }
    }

    /// <summary>The machine that a name as <c>m2/app.js</c> is of; null: it is of none.</summary>
    /// <param name="rest">What is asked of it; null: there is no slash behind the machine.</param>
    private IServedFeed? Machine(string name, out string? rest)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        rest = slash < 0 ? null : name[(slash + 1)..];
        return _machines.GetValueOrDefault(slash < 0 ? name : name[..slash]);
    }

    /// <summary>The names in a page are relative to a folder.</summary>
    private static Task MoveAsync(HttpContext context, string to)
    {
        context.Response.Headers.Location = to;
        return Answer.TextAsync(context, StatusCodes.Status308PermanentRedirect, "The link ends with a slash.");
    }

    private ServedFeed<WatchFrame> Watch(IWatchFeed feed) =>
        new(feed, static (output, frame) => FrameJson.Write(output, frame), f => f.Number, _readers, "index.html");
}
