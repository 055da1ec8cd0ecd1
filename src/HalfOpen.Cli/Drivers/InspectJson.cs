using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Encodings.Web;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Driver;
using HalfOpen.Hosting;
using HalfOpen.Windows.Hives;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>
/// The document of <c>inspect --json</c>: <c>drivers</c>, then <c>registries</c>. Names and spellings are a contract:
/// fields may be added, none changed. Unknown is null. It is written as the drivers are found, and whole also when
/// the search ends early.
/// </summary>
internal sealed class InspectJsonWriter(Terminal terminal) : IInspectionReport
{
    private readonly TextWriter _output = terminal.Out;
    private bool _hasDrivers;
    private bool _isEnded;

    public void Add(Inspection driver)
    {
        _output.Write(_hasDrivers ? ",\n    " : "{\n  \"drivers\": [\n    ");
        _hasDrivers = true;
        _output.Write(Indented(JsonSerializer.Serialize(DriverDocument.Of(driver), DriversJsonContext.Readable.DriverDocument)));
    }

    public void End(Inspector inspector, ImageDocument? image) =>
        End([.. inspector.Registries.Select(RegistryDocument.Of)], inspector.RegistriesLeftOut, image, isComplete: true);

    public void Dispose()
    {
        if (!_isEnded && _hasDrivers)
        {
            End([], 0, null, isComplete: false);
        }
    }

    private void End(RegistryDocument[] registries, int leftOut, ImageDocument? image, bool isComplete)
    {
        _isEnded = terminal.HasDocument = true;
        _output.Write(_hasDrivers ? "\n  ]," : "{\n  \"drivers\": [],");
        _output.Write("\n  \"registries\": [");
        _output.Write(string.Join(',', registries.Select(r =>
            "\n    " + Indented(JsonSerializer.Serialize(r, DriversJsonContext.Readable.RegistryDocument)))));
        _output.Write(registries.Length > 0 ? "\n  ]" : "]");
        _output.Write($",\n  \"registriesLeftOut\": {leftOut}");
        _output.Write(",\n  \"image\": " + (image is null ? "null"
            : PlainJson.Of(JsonSerializer.Serialize(image, DriversJsonContext.Readable.ImageDocument))
                .Replace("\n", "\n  ", StringComparison.Ordinal)));
        _output.Write($",\n  \"complete\": {(isComplete ? "true" : "false")},\n  \"version\": 1");
        _output.WriteLine("\n}");
    }

    private static string Indented(string json) => PlainJson.Of(json).Replace("\n", "\n    ", StringComparison.Ordinal);
}

/// <summary>The document as a whole, for its schema.</summary>
/// <param name="Complete">False: the search ended early, and drivers and registries may be missing.</param>
internal sealed record InspectDocument(IReadOnlyList<DriverDocument> Drivers, IReadOnlyList<RegistryDocument> Registries,
    int RegistriesLeftOut, ImageDocument? Image, bool Complete, int Version);

internal sealed record DriverDocument(
    string Path,
    string Kind,
    string? FileVersion,
    string? System,
    string? Architecture,
    long Size,
    string? Sha256,
    string Status,
    uint? Limit,
    int? LimitFileOffset,
    ulong? LimitVirtualAddress,
    string? LimitSection,
    bool? LimitUsable,
    ChecksumDocument Checksum,
    string? Signature,
    string Enforced,
    string Origin,
    string? KnownAs,
    string? Packing,
    BackupDocument? Backup,
    IReadOnlyList<EvidenceDocument> Evidence,
    string? Problem,
    string Advice)
{
    public static DriverDocument Of(Inspection i) => new(
        i.Path,
        i.Kind == DriverKind.Tcpip6 ? "tcpip6" : "tcpip",
        i.Report?.FileVersion?.ToString(),
        i.SystemText,
        i.Report?.Architecture switch { DriverArchitecture.X86 => "x86", DriverArchitecture.X64 => "x64", _ => null },
        i.Size,
        i.Sha256,
        i.Status switch
            { DriverStatus.Found => "found", DriverStatus.NotFound => "not-found", DriverStatus.Ambiguous => "ambiguous",
                _ => "unreadable" },
        i.Report?.Limit,
        i.Report?.Location?.FileOffset.Value,
        i.Report?.Location?.VirtualAddress.Value,
        i.Report?.Location?.Section,
        i.IsFound ? !i.Report!.LimitBlocksEverything : null,
        new ChecksumDocument(i.Report?.Checksum?.Stored, i.Report?.Checksum?.Computed, i.Report?.Checksum?.IsValid),
        i.Status == DriverStatus.Unreadable ? null : i.Report!.HasEmbeddedSignature ? "embedded" : "none",
        i.Enforced switch { Enforcement.Yes => "yes", Enforcement.No => "no", _ => "unknown" },
        i.Origin switch
            { Windows.Lifting.Origin.Stock => "stock", Windows.Lifting.Origin.Halfopen => "halfopen",
                Windows.Lifting.Origin.Other => "other", _ => "unknown" },
        i.KnownAs,
        i.Packing,
        BackupDocument.Of(i),
        [.. (i.Report?.Evidence ?? []).Select(e => new EvidenceDocument(e.Name, e.Holds, e.Detail))],
        i.Problem,
        i.Advice);
}

internal sealed record ChecksumDocument(uint? Stored, uint? Computed, bool? Valid);

/// <param name="Holds">Null: not examined, because an evidence before it is missing.</param>
internal sealed record EvidenceDocument(string Name, bool? Holds, string Detail);

/// <param name="State">original, patched, foreign, missing, unproven or damaged; what each means stands in
/// docs/guides/patch-windows.md.</param>
/// <param name="Stale">It is of another build than the driver is by now: nothing to go back to.</param>
internal sealed record BackupDocument(string Path, string State, string? OriginalSha256, uint? OldLimit, uint? NewLimit, DateTime? TimeUtc,
    string? Problem, string? FileVersion, bool Stale)
{
    public static BackupDocument? Of(Inspection i) => i.Relation == BackupRelation.None ? null : new(
        i.Backup.ShownPath,
        i.Relation.ToString()[2..].ToLowerInvariant(),
        i.Backup.BackupSha256 ?? i.Backup.Manifest?.OriginalSha256,
        i.Backup.Manifest?.OldLimit,
        i.Backup.Manifest?.NewLimit,
        i.Backup.Manifest?.TimeUtc,
        i.Backup.Problem,
        i.Backup.BackupVersion?.ToString(),
        i.HasStaleBackup);
}

internal sealed record RegistryDocument(
    string Path,
    string? Problem,
    bool Dirty,
    bool ChecksumValid,
    uint? ControlSet,
    string? ProductType,
    int? ServicePack,
    bool HasTcpip,
    bool HasTcpip6,
    uint? EnableConnectionRateLimiting,
    uint? TcpMaxConnectRetransmissions,
    uint? TcpNumConnections,
    uint? MaxUserPort,
    uint? TcpTimedWaitDelay)
{
    public static RegistryDocument Of(SystemFacts f) => new(
        f.Path, f.Problem, f.IsDirty, f.IsChecksumValid, f.ControlSet, f.ProductTypeText, f.ServicePack, f.HasTcpip, f.HasTcpip6,
        f.EnableConnectionRateLimiting, f.TcpMaxConnectRetransmissions, f.TcpNumConnections, f.MaxUserPort, f.TcpTimedWaitDelay);
}

[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(DriverDocument))]
[JsonSerializable(typeof(RegistryDocument))]
[JsonSerializable(typeof(ImageDocument))]
[JsonSerializable(typeof(PatchDocument))]
[JsonSerializable(typeof(RestoreDocument))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class DriversJsonContext : JsonSerializerContext
{
    /// <summary>Paths and sentences as they are: this is no HTML. Control characters stay escaped.</summary>
    public static DriversJsonContext Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
