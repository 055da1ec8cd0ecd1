using System.Collections.Frozen;

namespace HalfOpen.Linux.Processes;

/// <summary>
/// How an interpreter reads its command line, as far as one must know to find the script. From the manual page or the
/// usage text of each. Immutable.
/// </summary>
internal sealed record Interpreter
{
    private static readonly Interpreter Python = new()
    {
        Clusters = true, Code = "c", Module = "m", Values = "WX", LongValues = ["--check-hash-based-pycs"],
    };

    private static readonly Interpreter Shell = new()
    {
        Clusters = true, PlusIsOption = true, CodeAnywhere = "c", Apart = "oO", LongValues = ["--rcfile", "--init-file", "--emulate"],
    };

    private static readonly Interpreter Perl = new() { Clusters = true, Code = "eE", Values = "I", Attached = "DFiMmVxd" };

    private static readonly Interpreter Ruby = new() { Clusters = true, Code = "e", Values = "CEIr", Attached = "FKWix" };

    private static readonly Interpreter Php = new()
    {
        Clusters = true, Code = "rBRE", Script = ["-f", "--file", "-F", "--process-file"], Values = "cdztS",
        LongCode = ["--run", "--process-begin", "--process-code", "--process-end"],
        LongValues = ["--php-ini", "--define", "--zend-extension", "--docroot", "--server"],
    };

    private static readonly Interpreter Lua = new() { Clusters = true, Code = "e", Values = "lj", Attached = "Ob" };

    private static readonly Interpreter Node = new()
    {
        LongCode = ["-e", "--eval", "-p", "--print", "-pe"], Skip = ["inspect"], Named = ["--run"],
        LongValues =
        [
            "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--input-type", "--title",
            "--env-file", "--env-file-if-exists", "--icu-data-dir", "--openssl-config", "--redirect-warnings", "--diagnostic-dir",
            "--inspect-port", "--debug-port", "--watch-path", "--test-name-pattern", "--test-reporter", "--dns-result-order",
            "--unhandled-rejections", "--max-http-header-size", "--trace-event-categories", "--report-dir", "--report-directory",
        ],
    };

    private static readonly Interpreter Java = new()
    {
        Script = ["-jar", "-m", "--module"], Arguments = '@',
        LongValues =
        [
            "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules", "--limit-modules",
            "--add-exports", "--add-opens", "--add-reads", "--patch-module", "--enable-native-access", "--source", "-d",
            "--describe-module", "--validate-modules",
        ],
    };

    private static readonly Interpreter DotNet = new()
    {
        Skip = ["exec"],
        LongValues =
        [
            "--additionalprobingpath", "--additional-deps", "--depsfile", "--runtimeconfig", "--fx-version", "--roll-forward",
            "--roll-forward-on-no-candidate-fx",
        ],
    };

    private static readonly Interpreter Deno = new()
    {
        Skip = ["run", "serve", "test", "bench", "task", "x"], LongCode = ["eval", "repl"],
        LongValues =
        [
            "-c", "--config", "--import-map", "--lock", "-L", "--log-level", "--cert", "--location", "--seed", "--host", "--port",
            "--preload",
        ],
    };

    private static readonly Interpreter Bun = new()
    {
        Skip = ["run", "x", "test"], LongCode = ["-e", "--eval", "-p", "--print"],
        LongValues =
        [
            "-c", "--cwd", "-r", "--preload", "--require", "-d", "--define", "--port", "--env-file", "--tsconfig-override", "-F",
            "--filter",
        ],
    };

    /// <summary>Rscript becomes R with --file=.</summary>
    private static readonly Interpreter R = new()
    {
        Script = ["-f", "--file"], LongCode = ["-e"], End = "--args", OperandsAreNone = true,
        LongValues = ["-g", "--gui", "--encoding", "-d", "--debugger"],
    };

    private static readonly Interpreter PowerShell = new()
    {
        Script = ["-file", "-f"], LongCode = ["-command", "-c", "-encodedcommand", "-e", "-ec"], IgnoresCase = true,
        LongValues =
        [
            "-configurationname", "-configurationfile", "-custompipename", "-executionpolicy", "-ex", "-ep", "-inputformat",
            "-outputformat",
            "-settingsfile", "-version", "-windowstyle", "-workingdirectory", "-wd",
        ],
    };

    private static readonly Interpreter Tcl = new() { LongCode = ["-c"], Script = ["-f"], LongValues = ["-encoding"] };

    private static readonly Interpreter Mono = new() { LongValues = ["--config", "--runtime-version"] };

    /// <summary>One executable under many names; the first word of the command line is the one.</summary>
    private static readonly Interpreter Box = new() { NameIsScript = true };

    private static readonly Interpreter Plain = new() { Clusters = true, Code = "ec" };

    private static readonly FrozenDictionary<string, Interpreter> ByName = new Dictionary<string, Interpreter>(StringComparer.Ordinal)
    {
        ["python"] = Python, ["pypy"] = Python, ["sh"] = Shell, ["bash"] = Shell, ["rbash"] = Shell, ["dash"] = Shell, ["zsh"] = Shell,
        ["ash"] = Shell, ["ksh"] = Shell, ["mksh"] = Shell, ["yash"] = Shell, ["fish"] = Shell, ["perl"] = Perl, ["ruby"] = Ruby,
        ["php"] = Php, ["php-cgi"] = Php, ["lua"] = Lua, ["luajit"] = Lua, ["node"] = Node, ["nodejs"] = Node, ["java"] = Java,
        ["dotnet"] = DotNet, ["deno"] = Deno, ["bun"] = Bun, ["R"] = R, ["Rscript"] = R, ["pwsh"] = PowerShell, ["tclsh"] = Tcl,
        ["wish"] = Tcl, ["expect"] = Tcl, ["mono"] = Mono, ["mono-sgen"] = Mono, ["busybox"] = Box, ["toybox"] = Box, ["guile"] = Plain,
        ["julia"] = Plain, ["racket"] = Plain, ["gjs"] = Plain, ["gjs-console"] = Plain, ["qjs"] = Plain,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Letters may be written together (-Im is -I -m), and what follows one that takes a value is the
    /// value.</summary>
    public bool Clusters { get; private init; }

    /// <summary>Letters whose value is the program's text.</summary>
    public string Code { get; private init; } = "";

    /// <summary>Letters after which a later argument is the program's text: sh -c -e TEXT.</summary>
    public string CodeAnywhere { get; private init; } = "";

    /// <summary>Letters whose value names a module.</summary>
    public string Module { get; private init; } = "";

    /// <summary>Letters with another value, in the same argument or the next.</summary>
    public string Values { get; private init; } = "";

    /// <summary>Letters with a value that is always the next argument.</summary>
    public string Apart { get; private init; } = "";

    /// <summary>Letters after which the rest of the argument is a value, if there is any.</summary>
    public string Attached { get; private init; } = "";

    /// <summary>Whole options whose value names the script; also with = between.</summary>
    public string[] Script { get; private init; } = [];

    /// <summary>The same, shown with the option's name.</summary>
    public string[] Named { get; private init; } = [];

    /// <summary>Whole options whose value is the program's text.</summary>
    public string[] LongCode { get; private init; } = [];

    /// <summary>Whole options with another value in the next argument.</summary>
    public string[] LongValues { get; private init; } = [];

    /// <summary>Words before the script that only say to run it.</summary>
    public string[] Skip { get; private init; } = [];

    /// <summary>What follows is for the script, which was named before or not at all.</summary>
    public string End { get; private init; } = "";

    /// <summary>Arguments that begin so are files of more options.</summary>
    public char Arguments { get; private init; }

    public bool PlusIsOption { get; private init; }

    public bool IgnoresCase { get; private init; }

    /// <summary>Only an option can name the script.</summary>
    public bool OperandsAreNone { get; private init; }

    public bool NameIsScript { get; private init; }

    /// <summary>
    /// By the file name of an executable, versions left out (python3.11); null: it is no interpreter.
    /// </summary>
    public static Interpreter? Of(string executable)
    {
        var name = executable.AsSpan(executable.LastIndexOf('/') + 1);
        var lookup = ByName.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(name, out var found) || lookup.TryGetValue(name.TrimEnd("0123456789.-"), out found))
        {
            return found;
        }

        // python3.11-dbg, python3.13t, ruby3.1-jit
        var digit = name.IndexOfAnyInRange('0', '9');
        return digit > 0 && lookup.TryGetValue(name[..digit], out found) ? found : null;
    }
}
