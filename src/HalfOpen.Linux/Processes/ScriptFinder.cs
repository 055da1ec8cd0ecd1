using System.Text;

namespace HalfOpen.Linux.Processes;

/// <summary>
/// What an interpreter runs, by its command line: the script, module, class, jar or library; "-c" for a program in the
/// command line itself, "-" for one from standard input. A process writes its command line as it likes: this is for
/// sharing among its owner's programs and for show, and gives no rights. Never throws. Thread-safe: no state.
/// </summary>
public static class ScriptFinder
{
    /// <summary>Arguments that are looked at.</summary>
    private const int MaxArguments = 256;

    /// <summary>Whether it is an interpreter: only then is its command line worth reading.</summary>
    public static bool IsInterpreter(string executable) => Interpreter.Of(executable) is not null;

    /// <summary>What it runs: a file name, module or class.</summary>
    /// <param name="executable">Path of the interpreter.</param>
    /// <param name="commandLine">As /proc has it: arguments with a zero byte behind each. May be cut.</param>
    /// <returns>Empty: no interpreter, or nothing to be seen.</returns>
    public static string Find(string executable, ReadOnlySpan<byte> commandLine)
    {
        if (Interpreter.Of(executable) is not { } interpreter)
        {
            return "";
        }

        var arguments = new Arguments(commandLine);
        if (!arguments.TryNext(out var first))
        {
            return "";
        }

        if (!interpreter.NameIsScript)
        {
            return Find(interpreter, ref arguments);
        }

        // busybox wget: the name it was called by, or the first argument.
        var name = FileName(first);
        return Interpreter.Of(name)?.NameIsScript == true ? arguments.TryNext(out var applet) ? FileName(applet) : "" : name;
    }

    private static string Find(Interpreter interpreter, ref Arguments arguments)
    {
        var skipped = false;
        var textFollows = false;
        while (arguments.TryNext(out var argument))
        {
            if (argument == "--")
            {
                return textFollows ? "-c" : Operand(interpreter, ref arguments);
            }

            if (argument == "-" || interpreter.End == argument)
            {
                return textFollows ? "-c" : argument == "-" ? "-" : "";
            }

            var isOption = argument.StartsWith('-') || (interpreter.PlusIsOption && argument.StartsWith('+'));
            if (Is(interpreter.LongCode, interpreter, argument))
            {
                return isOption ? "-c" : argument;
            }

            if (!isOption)
            {
                if (textFollows)
                {
                    return "-c";
                }

                if (interpreter.Arguments != '\0' && argument.StartsWith(interpreter.Arguments))
                {
                    continue;
                }

                if (!skipped && Is(interpreter.Skip, interpreter, argument))
                {
                    skipped = true;
                    continue;
                }

                return interpreter.OperandsAreNone ? "" : Shown(argument);
            }

            if (Option(interpreter, argument, ref arguments, ref textFollows) is { } found)
            {
                return found;
            }
        }

        return textFollows ? "-c" : "";
    }

    /// <returns>What it says of the script; null: nothing.</returns>
    private static string? Option(Interpreter interpreter, string argument, ref Arguments arguments, ref bool textFollows)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals > 0 ? argument[..equals] : argument;
        if (Is(interpreter.Script, interpreter, name) || Is(interpreter.Named, interpreter, name))
        {
            var value = equals > 0 ? argument[(equals + 1)..] : arguments.TryNext(out var next) ? next : "";
            return Is(interpreter.Named, interpreter, name) ? $"{name} {value}" : Shown(value);
        }

        if (Is(interpreter.LongValues, interpreter, argument))
        {
            arguments.TryNext(out _);
            return null;
        }

        if (!interpreter.Clusters || argument.StartsWith("--", StringComparison.Ordinal))
        {
            return null;
        }

        for (var i = 1; i < argument.Length; i++)
        {
            var letter = argument[i];
            if (interpreter.Code.Contains(letter))
            {
                return "-c";
            }

            if (interpreter.Module.Contains(letter))
            {
                var module = i + 1 < argument.Length ? argument[(i + 1)..] : arguments.TryNext(out var next) ? next : "";
                return $"-{letter} {module}";
            }

            textFollows |= interpreter.CodeAnywhere.Contains(letter);
            if (interpreter.Apart.Contains(letter) || (interpreter.Values.Contains(letter) && i + 1 == argument.Length))
            {
                arguments.TryNext(out _);
            }

            if (interpreter.Values.Contains(letter) || interpreter.Attached.Contains(letter))
            {
                break;
            }
        }

        return null;
    }

    private static string Operand(Interpreter interpreter, ref Arguments arguments) =>
        !interpreter.OperandsAreNone && arguments.TryNext(out var script) ? Shown(script) : "";

    private static bool Is(string[] words, Interpreter interpreter, string argument)
    {
        foreach (var word in words)
        {
            if (word.Equals(argument, interpreter.IgnoresCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// A relative path says nothing without the folder that it was relative to, which may be any by now.
    /// </summary>
    private static string Shown(string script) => script.StartsWith('/') ? script : FileName(script);

    private static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>Arguments one after the other; what is no UTF-8 is replaced.</summary>
    private ref struct Arguments(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;
        private int _count;

        public bool TryNext(out string argument)
        {
            argument = "";
            if (_rest.IsEmpty || _count++ == MaxArguments)
            {
                return false;
            }

            var end = _rest.IndexOf((byte)0);
            argument = Encoding.UTF8.GetString(end < 0 ? _rest : _rest[..end]);
            _rest = end < 0 ? default : _rest[(end + 1)..];
            return true;
        }
    }
}
