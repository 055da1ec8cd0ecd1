using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Commands;

/// <summary>
/// The documents of <c>/json</c>: a part of those of the Linux program, with the same names. Unknown is null. Sentences
/// are English.
/// </summary>
internal static class Documents
{
    public static string Inspect(List<DriverCopy> copies)
    {
        var json = new JsonOutput().Begin(null, '{').Begin("drivers", '[');
        foreach (var copy in copies)
        {
            Add(json.Begin(null, '{'), copy);
            json.End('}');
        }

        return json.End(']').End('}').ToString();
    }

    public static string Patch(PatchPlan plan, uint limit, bool dryRun, bool written, LiftResult? result)
    {
        var json = new JsonOutput().Begin(null, '{').Add("limit", limit).Add("dryRun", dryRun).Add("refused", plan.IsRefused)
            .Add("written", written)
            .Add("waitingForRestart", result?.Waiting ?? 0).Begin("drivers", '[');
        foreach (var item in plan.Items)
        {
            AddItem(json, item, item.Action == LiftAction.Write ? "write" : NameOf(item.Action));
            json.Add("kind", KindOf(item.Copy))
                .Add("limitAfter", item.Action is LiftAction.Write or LiftAction.Nothing ? limit : item.Copy.Report?.Limit);
            json.Add("backup", item.Action == LiftAction.Write ? item.Copy.Backup.BackupPath : null)
                .Add("oldBackup", item.SetsAside ? item.Copy.Backup.OldBackupPath : null).End('}');
        }

        return json.End(']').End('}').ToString();
    }

    public static string Restore(RestorePlan plan, bool dryRun, bool written, LiftResult? result)
    {
        var json = new JsonOutput().Begin(null, '{').Add("dryRun", dryRun).Add("refused", plan.IsRefused).Add("written", written)
            .Add("waitingForRestart", result?.Waiting ?? 0).Begin("drivers", '[');
        foreach (var item in plan.Items)
        {
            AddItem(json, item, item.Action == LiftAction.Write ? "restore" : NameOf(item.Action));
            var now = item.Copy.Report?.FileVersion;
            json.Add("fileVersionBefore", now?.ToString())
                .Add("fileVersionAfter", (item.Action == LiftAction.Write ? item.Copy.Backup.Version : now)?.ToString()).End('}');
        }

        return json.End(']').End('}').ToString();
    }

    public static string Why(Verdict verdict, LimitNow limit, SocketList sockets, LimitEvents? log)
    {
        var json = new JsonOutput().Begin(null, '{').Add("blame", verdict.Blame.ToString().ToLowerInvariant())
            .Add("verdict", verdict.Sentence.In(Language.English))
            .Add("limitInForce", limit.InForce).Add("halfOpen", sockets.Problem == null ? sockets.Total : (long?)null)
            .Begin("programs", '[');
        foreach (var program in sockets.Programs)
        {
            json.Begin(null, '{').Add("name", program.Name).Add("processId", program.ProcessId).Add("halfOpen", program.Count).End('}');
        }

        return json.End(']').Add("events4226SinceStart", log?.SinceStart).Add("events4226", log?.InAll)
            .AddTime("lastEventUtc", log?.LastUtc)
            .AddTime("startedUtc", log?.StartedUtc).End('}').ToString();
    }

    private static void Add(JsonOutput json, DriverCopy copy)
    {
        var report = copy.Report;
        json.Add("path", copy.Path).Add("kind", KindOf(copy)).Add("fileVersion", report?.FileVersion?.ToString())
            .Add("system", report?.FileVersion == null ? null : Meaning.SystemOf(copy))
            .Add("architecture",
                report?.Architecture switch { DriverArchitecture.X86 => "x86", DriverArchitecture.X64 => "x64", _ => null })
            .Add("size", copy.Bytes?.Length ?? 0).Add("sha256", copy.Sha256)
            .Add("status", NameOf(copy.Status))
            .Add("limit", report?.Limit).Add("limitFileOffset", report?.Location?.FileOffset.Value)
            .Add("enforced", copy.Enforced.ToString().ToLowerInvariant()).Add("origin", copy.Origin.ToString().ToLowerInvariant())
            .Add("limitAtRestart", copy.LimitAtRestart);
        if (copy.Relation != Relation.None)
        {
            json.Begin("backup", '{').Add("path", FileNames.BackupOf(copy.Path)).Add("state", copy.Relation.ToString().ToLowerInvariant())
                .Add("originalSha256", copy.Backup.Sha256 ?? copy.Backup.Manifest?.OriginalSha256)
                .Add("oldLimit", copy.Backup.Manifest?.OldLimit)
                .Add("newLimit", copy.Backup.Manifest?.NewLimit).AddTime("timeUtc", copy.Backup.Manifest?.TimeUtc)
                .Add("problem", copy.Backup.Problem?.In(Language.English))
                .Add("fileVersion", copy.Backup.Version?.ToString()).Add("stale", copy.HasStaleBackup).End('}');
        }

        json.Begin("evidence", '[');
        foreach (var item in report == null ? new List<Evidence>() : new List<Evidence>(report.Evidence))
        {
            json.Begin(null, '{').Add("name", item.Name).Add("holds", item.Holds).Add("detail", item.Detail).End('}');
        }

        json.End(']').Add("problem", copy.Problem?.In(Language.English) ?? report?.Problem);
    }

    private static void AddItem(JsonOutput json, LiftItem item, string action) => json.Begin(null, '{').Add("path", item.Copy.Path)
        .Add("action", action).Add("reason", item.Reason?.In(Language.English))
        .Add("limitBefore", item.Copy.Report?.Limit).Add("sha256Before", item.Copy.Sha256)
        .Add("sha256After", item.NewBytes == null ? item.Copy.Sha256 : HalfOpen.Xp.Files.Sha256.Of(item.NewBytes));

    private static string KindOf(DriverCopy copy) => copy.Kind == DriverKind.Tcpip6 ? "tcpip6" : "tcpip";

    private static string NameOf(DriverStatus status) => status switch
    {
        DriverStatus.Found => "found",
        DriverStatus.NotFound => "not-found",
        DriverStatus.Ambiguous => "ambiguous",
        _ => "unreadable",
    };

    private static string NameOf(LiftAction action) => action switch
    {
        LiftAction.CleanUp => "clean-up",
        LiftAction.Nothing => "nothing",
        LiftAction.LeaveOut => "leave-out",
        _ => "refuse",
    };
}
