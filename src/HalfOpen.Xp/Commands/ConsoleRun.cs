using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Commands;

/// <summary>One run of the program without a window. Expected failures are one line and an exit code.</summary>
internal sealed class ConsoleRun
{
    private readonly IDiskSteps _disk;
    private readonly IMachine _machine;
    private readonly TextReader _in;
    private readonly TextWriter _out;
    private readonly TextWriter _error;
    private readonly LiftWatch _watch;
    private readonly string _version;

    /// <param name="watch">May be stopped from another thread (Ctrl-C).</param>
    public ConsoleRun(IDiskSteps disk, IMachine machine, TextReader input, TextWriter output, TextWriter error, string version,
        LiftWatch watch)
    {
        _disk = disk;
        _machine = machine;
        _in = input;
        _out = output;
        _error = error;
        _version = version;
        _watch = watch;
    }

    public int Execute(Request request)
    {
        try
        {
            switch (request.Verb)
            {
                case Verb.Help:
                    Print(request, new Phrase(TextKey.Help));
                    return ExitNumber.Done;
                case Verb.Version:
                    _out.WriteLine(_version);
                    return ExitNumber.Done;
                case Verb.Inspect:
                    return Inspect(request, Open(request));
                case Verb.Patch:
                    return Patch(request, Open(request));
                case Verb.Restore:
                    return Restore(request, Open(request));
                case Verb.Why:
                    return Why(request, Open(request));
                default:
                    throw new UsageException(new Phrase(TextKey.VerbMissing));
            }
        }
        catch (UsageException e)
        {
            return Fail(_error, request.Language, e.Problem, ExitNumber.WrongUsage);
        }
        catch (RefusedException e)
        {
            return Fail(_error, request.Language, e.Reason, ExitNumber.FoundOrRefused);
        }
        catch (DiskProblemException e)
        {
            return Fail(_error, request.Language, e.Shown, ExitNumber.FoundOrRefused);
        }
        catch (StoppedException)
        {
            return Fail(_error, request.Language, new Phrase(TextKey.Stopped), ExitNumber.Interrupted);
        }
    }

    /// <summary>One line for people, and the number for scripts.</summary>
    public static int Fail(TextWriter error, Language language, Phrase problem, int code)
    {
        error.WriteLine("HalfOpen: " + problem.In(language));
        return code;
    }

    private Workplace Open(Request request)
    {
        try
        {
            return Workplace.Open(_disk, _machine, request.WindowsFolder);
        }
        catch (DiskProblemException e)
        {
            throw new UsageException(e.Shown);
        }
    }

    private int Inspect(Request request, Workplace place)
    {
        var copies = place.ReadCopies();
        if (request.Json)
        {
            _out.WriteLine(Documents.Inspect(copies));
        }
        else
        {
            new ConsoleReport(_out, request.Language, request.Quiet).Print(place, copies, LimitNow.Of(copies, null));
        }

        return copies.Exists(c => c.IsFound) ? ExitNumber.Done : ExitNumber.FoundOrRefused;
    }

    private int Patch(Request request, Workplace place)
    {
        var copies = place.ReadCopies();
        CheckThereAre(copies, place);
        var plan = PatchPlan.Of(_disk, place.Folder, copies, request.Limit, request.AllowBadChecksum, request.Force);
        var report = new ConsoleReport(_out, request.Language, request.Quiet);
        if (!request.Json)
        {
            report.Print(plan, request.Limit);
        }

        CheckPlan(request, plan, () => Documents.Patch(plan, request.Limit, request.DryRun, false, null));
        var count = plan.Count(LiftAction.Write);
        if (request.DryRun)
        {
            return Say(request, Documents.Patch(plan, request.Limit, true, false, null), new Phrase(TextKey.DryRun, count));
        }

        CheckRights(place);
        if (count == 0)
        {
            plan.Apply(_version, DateTime.UtcNow, _watch); // sweeps what an interrupted run left
            return Say(request, Documents.Patch(plan, request.Limit, false, false, null), new Phrase(TextKey.AlreadyAt, request.Limit));
        }

        if (!request.Json && !request.Quiet)
        {
            place.FileProtection().ForEach(note => Print(request, note));
        }

        Ask(request, new Phrase(TextKey.AskPatch, count));
        var result = plan.Apply(_version, DateTime.UtcNow, _watch);
        Say(request, Documents.Patch(plan, request.Limit, false, true, result), new Phrase(TextKey.DonePatch, count, request.Limit));
        Advise(request, result);
        return ExitNumber.Done;
    }

    private int Restore(Request request, Workplace place)
    {
        var copies = place.ReadCopies();
        CheckThereAre(copies, place);
        var plan = RestorePlan.Of(_disk, place.Folder, copies, request.Force, request.Downgrade);
        if (!request.Json)
        {
            new ConsoleReport(_out, request.Language, request.Quiet).Print(plan);
        }

        CheckPlan(request, plan, () => Documents.Restore(plan, request.DryRun, false, null));
        var count = plan.Count(LiftAction.Write) + plan.Count(LiftAction.CleanUp);
        if (count == 0)
        {
            Document(request, Documents.Restore(plan, request.DryRun, false, null));
            throw new RefusedException(new Phrase(TextKey.NothingToRestore));
        }

        if (request.DryRun)
        {
            return Say(request, Documents.Restore(plan, true, false, null), new Phrase(TextKey.DryRun, count));
        }

        CheckRights(place);
        var question = new Phrase(TextKey.AskRestore, count);
        Ask(request, plan.OtherVersions == null ? question : new Phrase(TextKey.TwoSentences, plan.OtherVersions, question));
        var result = plan.Apply(_watch);
        Say(request, Documents.Restore(plan, false, true, result), new Phrase(TextKey.DoneRestore, count));
        Advise(request, result);
        return ExitNumber.Done;
    }

    private int Why(Request request, Workplace place)
    {
        var log = Overview.ReadLog(_machine);
        var limit = LimitNow.Of(place.ReadCopies(), log?.StartedUtc);
        var sockets = _machine.Sockets();
        var verdict = Verdict.Of(limit, sockets, log);
        if (request.Json)
        {
            _out.WriteLine(Documents.Why(verdict, limit, sockets, log));
        }
        else
        {
            new ConsoleReport(_out, request.Language, request.Quiet).Print(verdict, sockets, log);
        }

        return verdict.Blame == Blame.Now ? ExitNumber.FoundOrRefused
            : verdict.Blame == Blame.Unknown ? ExitNumber.WrongUsage
            : ExitNumber.Done;
    }

    private static void CheckThereAre(List<DriverCopy> copies, Workplace place)
    {
        if (copies.Count == 0)
        {
            throw new RefusedException(new Phrase(TextKey.PathAndProblem, place.Folder, new Phrase(TextKey.NoDriver)));
        }
    }

    private void CheckPlan(Request request, LiftPlan plan, DocumentMaker document)
    {
        if (plan.FirstRefused is { } refused)
        {
            Document(request, document());
            throw new RefusedException(new Phrase(TextKey.NothingIsWritten, refused.Copy.Place.ShortPath, refused.Reason!));
        }
    }

    private static void CheckRights(Workplace place)
    {
        if (place.Obstacle != null)
        {
            throw new RefusedException(place.Obstacle);
        }
    }

    private void Ask(Request request, Phrase question)
    {
        if (request.Quiet || request.Yes)
        {
            return;
        }

        _out.Flush();
        _error.Write(question.In(request.Language) + " ");
        _error.Flush();
        var answer = _in.ReadLine() ?? throw new UsageException(new Phrase(TextKey.NobodyToAsk));
        if (answer.Trim().ToLowerInvariant() is not ("y" or "yes" or "j" or "ja"))
        {
            throw new RefusedException(new Phrase(TextKey.NothingWritten));
        }
    }

    private int Say(Request request, string document, Phrase text)
    {
        if (request.Json)
        {
            _out.WriteLine(document);
        }
        else
        {
            Print(request, text);
        }

        return ExitNumber.Done;
    }

    private void Document(Request request, string document)
    {
        if (request.Json)
        {
            _out.WriteLine(document);
        }
    }

    private void Advise(Request request, LiftResult result)
    {
        if (!request.Json && result.Waiting > 0)
        {
            Print(request, new Phrase(TextKey.WaitingForRestart, result.Waiting));
        }

        if (!request.Json && !request.Quiet)
        {
            Print(request, new Phrase(TextKey.RestartNeeded));
        }
    }

    private void Print(Request request, Phrase text) => _out.WriteLine(text.In(request.Language).Replace("\n", Environment.NewLine));

    private delegate string DocumentMaker();
}

/// <summary>A safety rule held: exit code 1.</summary>
internal sealed class RefusedException : Exception
{
    public RefusedException(Phrase reason) => Reason = reason;

    public Phrase Reason { get; }
}
