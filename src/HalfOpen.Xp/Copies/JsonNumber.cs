using System.Globalization;

namespace HalfOpen.Xp.Copies;

/// <summary>A number as it stands in the text. Immutable.</summary>
internal sealed class JsonNumber
{
    private readonly bool _isWhole;

    public JsonNumber(string text, bool isWhole)
    {
        Text = text;
        _isWhole = isWhole;
    }

    public string Text { get; }

    public uint? AsUInt32() =>
        _isWhole && uint.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : (uint?)null;

    public long? AsInt64() =>
        _isWhole && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : (long?)null;
}
