using System.Globalization;
using System.Text;
using HalfOpen.Xp.Copies;

namespace HalfOpen.Xp.Commands;

/// <summary>
/// Writes one JSON document in ASCII, two spaces a level. Names and spellings are those of the Linux program's
/// documents.
/// </summary>
internal sealed class JsonOutput
{
    private readonly StringBuilder _text = new StringBuilder();
    private int _level;
    private bool _isFirst = true;

    public JsonOutput Begin(string? name, char bracket)
    {
        Name(name);
        _text.Append(bracket);
        _level++;
        _isFirst = true;
        return this;
    }

    public JsonOutput End(char bracket)
    {
        _level--;
        if (!_isFirst)
        {
            NewLine();
        }

        _text.Append(bracket);
        _isFirst = false;
        return this;
    }

    public JsonOutput Add(string? name, string? value)
    {
        Name(name);
        JsonQuoting.Append(_text, value);
        return this;
    }

    public JsonOutput Add(string name, long? value)
    {
        Name(name);
        _text.Append(value == null ? "null" : value.Value.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    public JsonOutput Add(string name, bool? value)
    {
        Name(name);
        _text.Append(value == null ? "null" : value.Value ? "true" : "false");
        return this;
    }

    public JsonOutput AddTime(string name, DateTime? utc) =>
        Add(name, utc?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();

    private void Name(string? name)
    {
        if (_level > 0)
        {
            if (!_isFirst)
            {
                _text.Append(',');
            }

            NewLine();
        }

        _isFirst = false;
        if (name != null)
        {
            JsonQuoting.Append(_text, name);
            _text.Append(": ");
        }
    }

    private void NewLine() => _text.Append('\n').Append(' ', _level * 2);
}
