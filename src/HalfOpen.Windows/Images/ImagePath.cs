using System.Globalization;

namespace HalfOpen.Windows.Images;

/// <summary>
/// A path into an image: <c>xp.vdi!1:/WINDOWS/system32/drivers/tcpip.sys</c> is that file on partition 1 of
/// <c>xp.vdi</c>. Partition 0 is an
/// image that is one volume. Immutable.
/// </summary>
/// <param name="Image">Path of the image.</param>
/// <param name="Volume">Number of the partition; null: all of them.</param>
/// <param name="Inner">Names parted by <c>/</c>, without one at the start; empty: the root.</param>
public sealed record ImagePath(string Image, int? Volume, string Inner)
{
    /// <summary>Takes a path apart at the last <c>!NUMBER:</c>; null when it has none.</summary>
    public static ImagePath? Parse(string path)
    {
        for (var mark = path.LastIndexOf('!'); mark > 0; mark = path.LastIndexOf('!', mark - 1))
        {
            var colon = path.IndexOf(':', mark);
            if (colon > mark + 1 && colon - mark <= 4 && path.AsSpan(mark + 1, colon - mark - 1).IndexOfAnyExceptInRange('0', '9') < 0
                && (colon == path.Length - 1 || path[colon + 1] is '/' or '\\'))
            {
                var number = int.Parse(path.AsSpan(mark + 1, colon - mark - 1), CultureInfo.InvariantCulture);
                return new ImagePath(path[..mark], number, path[(colon + 1)..].Replace('\\', '/').Trim('/'));
            }
        }

        return null;
    }

    /// <summary>The root of a partition as a path.</summary>
    public static string RootOf(string image, int volume) => string.Create(CultureInfo.InvariantCulture, $"{image}!{volume}:");
}
