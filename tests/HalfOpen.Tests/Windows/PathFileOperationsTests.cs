using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>The steps by path, which Windows uses, here on Linux; the built program for Windows runs under Wine in the
/// system tests.</summary>
public sealed class PathFileOperationsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new TemporaryFolder().WithXp();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_locked_by_one_run_and_the_lock_leaves_nothing()
    {
        var before = _folder.Snapshot();
        var store = new LocalFileStore(new PathFileOperations());
        var drivers = _folder.In("WINDOWS", "system32", "drivers");
        using (store.Lock(drivers))
        {
            var other = new LocalFileStore(new PathFileOperations());
            var problem = Assert.Throws<FileProblemException>(() => other.Lock(drivers));
            Assert.Contains("another halfopen is at work in this folder", problem.Message, StringComparison.Ordinal);
            other.Lock(_folder.In("WINDOWS", "system32", "DllCache")).Dispose(); // another folder is free
        }

        _folder.AssertUnchanged(before);
        store.Lock(drivers).Dispose(); // and so is this one again
        Assert.Throws<FileProblemException>(() => store.Lock(_folder.In("nowhere")));
    }

    [Fact]
    public void A_folder_that_another_run_holds_is_not_patched()
    {
        var before = _folder.Snapshot();
        using (new LocalFileStore(new PathFileOperations()).Lock(_folder.In("WINDOWS", "system32", "DllCache")))
        {
            var problem = Assert.Throws<FileProblemException>(Patch);
            Assert.Contains("another halfopen", problem.Message, StringComparison.Ordinal);
        }

        _folder.AssertUnchanged(before);
    }

    [Fact]
    public void All_copies_are_patched_and_given_back()
    {
        var before = _folder.Snapshot();
        Patch();
        Assert.All(Drivers(), d => Assert.Equal((100u, DriverStatus.Found), (d.Report!.Limit!.Value, d.Status)));
        RestoreUnit.Plan(new LocalFileStore(new PathFileOperations()), Drivers(), force: false).Apply(CancellationToken.None);
        _folder.AssertUnchanged(before);
    }

    private void Patch()
    {
        var store = new LocalFileStore(new PathFileOperations());
        PatchUnit.Plan(store, Drivers(), 100, allowBadChecksum: false).Apply("test", DateTime.UnixEpoch, CancellationToken.None);
    }

    private List<Inspection> Drivers()
    {
        var store = new LocalFileStore(new PathFileOperations());
        return [.. new DriverSearch(store).Find(_folder.Path, recurse: false).Select(new Inspector(store).Inspect)];
    }
}
