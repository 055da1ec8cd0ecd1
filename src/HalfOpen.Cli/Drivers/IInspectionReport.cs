using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>
/// Where the findings of <c>inspect</c> go, one by one. Disposing completes what is begun, also after a failure.
/// </summary>
internal interface IInspectionReport : IDisposable
{
    void Add(Inspection driver);

    /// <summary>After the last driver: what stands beside them.</summary>
    /// <param name="image">Null when PATH is no disk image.</param>
    void End(Inspector inspector, ImageDocument? image);
}
