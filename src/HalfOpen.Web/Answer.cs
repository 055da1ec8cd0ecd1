using System.Text;
using Microsoft.AspNetCore.Http;

namespace HalfOpen.Web;

/// <summary>Whole answers. Thread-safe: no state.</summary>
internal static class Answer
{
    public static Task TextAsync(HttpContext context, int status, string words) =>
        BytesAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(words + "\n"));

    public static async Task BytesAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> content)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
    }
}
