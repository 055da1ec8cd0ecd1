using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HalfOpen.Web;

/// <summary>
/// Who may come in, asked of every request before anything else. Loopback alone keeps nobody out: other users of the
/// machine reach it, and so does any page that the browser shows, by a name that its owner points at 127.0.0.1 (DNS
/// rebinding). So the names under which we are called are fixed, other sites are turned away, and the path begins with
/// the token. Thread-safe: no state that changes.
/// </summary>
internal sealed class Gate(WebToken token, int port)
{
    /// <summary>What a browser may do with our answers: run and show what we send, ask us again, and nothing
    /// else.</summary>
    public const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private readonly string[] _hosts = [$"127.0.0.1:{port}", $"localhost:{port}", $"[::1]:{port}"];

    /// <summary>Sets the headers that every answer has, refused ones too.</summary>
    public static void Mark(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    /// <summary>What is asked for, behind the token, when the request may come in.</summary>
    /// <param name="name">As <c>app.js</c>; empty: the page itself; null: the token without a slash behind it.</param>
    /// <returns>Null: come in. Else the status and the line to refuse it with.</returns>
    public (int Status, string Words)? Check(HttpRequest request, out string? name)
    {
        name = null;
        if (request.Headers.Host is not [{ } host] || !_hosts.Contains(host, StringComparer.Ordinal))
        {
            return (StatusCodes.Status421MisdirectedRequest, "This page is served to 127.0.0.1, localhost and [::1] only.");
        }

        var origin = request.Headers.Origin;
        if (origin.Count > 0 && (origin is not [{ } from] || !_hosts.Any(h => from == "http://" + h)))
        {
            return (StatusCodes.Status403Forbidden, "Other sites may not read this page.");
        }

        // Browsers that say where a request comes from: only ours, one that was typed, or a link that was followed.
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is not ("" or "same-origin" or "none") && request.Headers["Sec-Fetch-Dest"] != "document")
        {
            return (StatusCodes.Status403Forbidden, "Other sites may not read this page.");
        }

        if (request.Method is not ("GET" or "HEAD"))
        {
            request.HttpContext.Response.Headers[HeaderNames.Allow] = "GET, HEAD";
            return (StatusCodes.Status405MethodNotAllowed, "This page can only be read.");
        }

        if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0)
        {
            return (StatusCodes.Status400BadRequest, "A request that reads has no body.");
        }

        var path = request.Path.Value.AsSpan().TrimStart('/');
        var end = path.IndexOf('/');
        if (!token.Is(end < 0 ? path : path[..end]))
        {
            return (StatusCodes.Status403Forbidden, "This page opens with the link that halfopen printed.");
        }

        name = end < 0 ? null : path[(end + 1)..].ToString();
        return null;
    }
}
