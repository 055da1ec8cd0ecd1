using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Drivers;

/// <summary>
/// The document of a verb with --json: exactly one, whatever happens once the command line was understood. Not
/// thread-safe.
/// </summary>
internal sealed class OneDocument<T>(Terminal terminal, bool isWanted, JsonTypeInfo<T> type)
{
    private bool _isPrinted;

    /// <value>Makes the document of a failure from its one sentence; changed when more is known.</value>
    public required Func<string, T> OfFailure { get; set; }

    /// <summary>Prints it, if it is wanted.</summary>
    public void Print(T document)
    {
        if (isWanted && !_isPrinted)
        {
            _isPrinted = true;
            terminal.HasDocument = true;
            terminal.Out.WriteLine(PlainJson.Of(JsonSerializer.Serialize(document, type)));
        }
    }

    /// <summary>
    /// Does the work; a failure that no document tells of yet gets its own before it goes on its way.
    /// </summary>
    public int During(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is CliException or IOException or UnauthorizedAccessException)
        {
            Print(OfFailure(e.Message));
            throw;
        }
        catch (OperationCanceledException)
        {
            Print(OfFailure("interrupted."));
            throw;
        }
    }
}
