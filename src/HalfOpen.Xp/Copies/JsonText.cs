using System.Globalization;
using System.Text;

namespace HalfOpen.Xp.Copies;

/// <summary>
/// Reads one JSON object of plain values (RFC 8259); objects and arrays in it are checked and skipped. For manifests,
/// since .NET Framework 2.0 has no reader of its own. Never recursive, linear in the length.
/// </summary>
internal sealed class JsonText
{
    private const int MaxDepth = 64;

    private readonly string _text;
    private int _at;

    private JsonText(string text) => _text = text;

    /// <summary>
    /// Name to value: a string, a <see cref="JsonNumber"/>, true or false, or null; what is nested is left out. Null:
    /// this is no such object.
    /// </summary>
    public static Dictionary<string, object?>? ReadObject(byte[] utf8)
    {
        try
        {
            return new JsonText(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8)).Document();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null; // ArgumentException: bytes that are no UTF-8
        }
    }

    private static FormatException Wrong() => new FormatException("not JSON");

    private Dictionary<string, object?> Document()
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        Expect('{');
        if (!TryTake('}'))
        {
            do
            {
                SkipSpace();
                var name = String();
                Expect(':');
                SkipSpace();
                if (Peek() is '{' or '[')
                {
                    SkipNested();
                }
                else
                {
                    values[name] = Value(); // of two with one name the last counts
                }
            }
            while (TryTake(','));
            Expect('}');
        }

        SkipSpace();
        return _at == _text.Length ? values : throw Wrong();
    }

    /// <summary>Walks through objects and arrays with a stack of closing brackets.</summary>
    private void SkipNested()
    {
        var open = new Stack<char>();
        do
        {
            SkipSpace();
            if (Peek() is '{' or '[')
            {
                open.Push(Next() == '{' ? '}' : ']');
                if (open.Count >= MaxDepth)
                {
                    throw Wrong();
                }

                if (!TryTake(open.Peek()))
                {
                    NameWithin(open.Peek());
                    continue;
                }

                open.Pop();
            }
            else
            {
                Value();
            }

            while (open.Count > 0 && TryTake(open.Peek()))
            {
                open.Pop();
            }

            if (open.Count > 0)
            {
                Expect(',');
                NameWithin(open.Peek());
            }
        }
        while (open.Count > 0);
    }

    private void NameWithin(char closing)
    {
        if (closing == '}')
        {
            SkipSpace();
            String();
            Expect(':');
        }
    }

    private object? Value()
    {
        switch (Peek())
        {
            case '"':
                return String();
            case 't':
                return Word("true", true);
            case 'f':
                return Word("false", false);
            case 'n':
                return Word("null", null);
            default:
                return Number();
        }
    }

    private object? Word(string word, object? value)
    {
        foreach (var c in word)
        {
            if (Next() != c)
            {
                throw Wrong();
            }
        }

        return value;
    }

    private JsonNumber Number()
    {
        var start = _at;
        TryTakeNow('-');
        if (!TryTakeNow('0'))
        {
            Digits();
        }

        var isWhole = true;
        if (TryTakeNow('.'))
        {
            isWhole = false;
            Digits();
        }

        if (TryTakeNow('e') || TryTakeNow('E'))
        {
            isWhole = false;
            if (!TryTakeNow('+'))
            {
                TryTakeNow('-');
            }

            Digits();
        }

        return new JsonNumber(_text.Substring(start, _at - start), isWhole);
    }

    private void Digits()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is >= '0' and <= '9')
        {
            _at++;
        }

        if (_at == start)
        {
            throw Wrong();
        }
    }

    private string String()
    {
        if (Next() != '"')
        {
            throw Wrong();
        }

        var value = new StringBuilder();
        while (true)
        {
            var c = Next();
            if (c == '"')
            {
                return HasLoneSurrogate(value) ? throw Wrong() : value.ToString();
            }

            value.Append(c == '\\' ? Escaped() : c >= ' ' ? c : throw Wrong());
        }
    }

    private char Escaped()
    {
        switch (Next())
        {
            case '"':
                return '"';
            case '\\':
                return '\\';
            case '/':
                return '/';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                if (_at + 4 > _text.Length
                    || !int.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                {
                    throw Wrong();
                }

                _at += 4;
                return (char)code;
            default:
                throw Wrong();
        }
    }

    private static bool HasLoneSurrogate(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    private char Peek() => _at < _text.Length ? _text[_at] : throw Wrong();

    private char Next() => _at < _text.Length ? _text[_at++] : throw Wrong();

    private bool TryTakeNow(char c)
    {
        if (_at >= _text.Length || _text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TryTake(char c)
    {
        SkipSpace();
        return TryTakeNow(c);
    }

    private void Expect(char c)
    {
        if (!TryTake(c))
        {
            throw Wrong();
        }
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\t' or '\n' or '\r'))
        {
            _at++;
        }
    }
}
