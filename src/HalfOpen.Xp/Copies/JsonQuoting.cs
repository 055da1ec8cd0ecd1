using System.Text;

namespace HalfOpen.Xp.Copies;

/// <summary>Writes strings of JSON in ASCII, so that they survive every code page of a console.</summary>
internal static class JsonQuoting
{
    public static void Append(StringBuilder text, string? value)
    {
        if (value == null)
        {
            text.Append("null");
            return;
        }

        text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (c is >= ' ' and < (char)0x7F)
            {
                text.Append(c);
            }
            else
            {
                text.Append("\\u").Append(((int)c).ToString("x4"));
            }
        }

        text.Append('"');
    }
}
