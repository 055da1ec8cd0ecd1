using System.Text;
using HalfOpen.Linux;
using HalfOpen.Windows.Consoles;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// Where a verb reads and writes, and what that place can show. Tests pass string writers; nothing else touches
/// <see cref="Console"/>. Not thread-safe: one verb runs at a time.
/// </summary>
internal sealed class Terminal(TextReader input, TextWriter output, TextWriter error, bool isInteractive, bool errorIsTerminal,
    bool useColor, int width)
{
    private const string Reset = "\e[0m";

    public TextReader In { get; } = input;

    /// <summary>Results. Nothing but results goes here, so that pipes stay clean.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>
    /// The document that --json asked for is written, and tells of the failure itself where there was one: none is
    /// added.
    /// </summary>
    public bool HasDocument { get; set; }

    /// <summary>Errors, warnings, progress.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>A person can answer a question: standard input and output are both terminals.</summary>
    public bool IsInteractive { get; } = isInteractive;

    /// <summary>Progress may be drawn on <see cref="Error"/>.</summary>
    public bool ErrorIsTerminal { get; } = errorIsTerminal;

    /// <summary>
    /// Colours are wanted: standard output is a terminal and NO_COLOR is not set (https://no-color.org).
    /// </summary>
    public bool UseColor { get; } = useColor;

    /// <summary>Columns, at least 40; 100 where there is no terminal to ask.</summary>
    public int Width { get; } = Math.Max(40, width);

    public static Terminal ForProcess()
    {
        StandardDescriptors.Open();
        var isPlain = OperatingSystem.IsWindows() && !Console.IsOutputRedirected && !WindowsConsole.Prepare();
        var noColor = isPlain || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == "dumb";
        var output = new StreamWriter(Console.IsOutputRedirected ? Console.OpenStandardOutput() : Open(1), new UTF8Encoding(false),
            16 * 1024) { AutoFlush = !Console.IsOutputRedirected };
        var error = ForgivingStream.Over(Console.IsErrorRedirected ? Console.OpenStandardError() : Open(2));
        return new Terminal(
            new StreamReader(Console.IsInputRedirected ? Console.OpenStandardInput() : Open(0), new UTF8Encoding(false)),
            output,
            error,
            isInteractive: !Console.IsInputRedirected && !Console.IsOutputRedirected,
            errorIsTerminal: !Console.IsErrorRedirected,
            useColor: !Console.IsOutputRedirected && !noColor,
            width: Console.IsOutputRedirected ? 100 : ReadWidth());
    }

    public string Bold(string text) => Paint("\e[1m", text);

    public string Dim(string text) => Paint("\e[2m", text);

    public string Good(string text) => Paint("\e[32m", text);

    public string Bad(string text) => Paint("\e[31m", text);

    public string Warn(string text) => Paint("\e[33m", text);

    /// <summary>
    /// A terminal as a plain stream. The streams of Console put it into the mode of an editor first (keypad sequences
    /// on standard output, also with NO_COLOR); lines as the kernel edits them are all that a question needs.
    /// </summary>
    private static Stream Open(int descriptor) => OperatingSystem.IsWindows()
        ? descriptor switch { 0 => Console.OpenStandardInput(), 1 => Console.OpenStandardOutput(), _ => Console.OpenStandardError() }
        : new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), descriptor == 0 ? FileAccess.Read : FileAccess.Write,
            bufferSize: 0);

    private static int ReadWidth()
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return Console.WindowWidth;
            }
            catch (IOException)
            {
                return 100; // no window
            }
        }

        return TerminalSize.Columns(1) ?? 100; // Console.WindowWidth would send the same sequences
    }

    private string Paint(string code, string text) => UseColor ? code + text + Reset : text;
}
