namespace HalfOpen.Guard.Rules;

/// <summary>
/// The rules in the real packet filter. Tries <c>nft</c>, then <c>iptables</c>, and keeps what this kernel can do; clears what a killed guard left; lets one guard into a network namespace.
/// Not thread-safe: called from the guard's thread; <see cref="Backend"/> and <see cref="Paths"/> may be read from any thread once the session is ready.
/// </summary>
public sealed class GuardRules : IGuardRules, IDisposable
{
    private readonly RuleBackend[] _order;
    private FileStream? _lock;
    private RulePlan? _plan;

    /// <param name="only">Use this back end and no other; null (default): the first that works.</param>
    public GuardRules(RuleBackend? only = null) => _order = only is { } one ? [one] : [RuleBackend.Nft, RuleBackend.Iptables];

    /// <summary>Who holds the rules now; null before and after.</summary>
    public RuleBackend? Backend => _plan?.Backend;

    /// <summary>Of the governed network namespace; null before <see cref="Install"/>.</summary>
    public GuardPaths? Paths { get; private set; }

    /// <summary>Told, in a line for a user, when rules could not be changed while guarding; on the guard's thread.</summary>
    public Action<string>? Problem { get; set; }

    /// <summary>Takes the network namespace of the calling thread for this guard; <see cref="Install"/> does it where it was not done before. Given back by <see cref="Remove"/> and <see cref="Dispose"/>.</summary>
    /// <exception cref="GuardException">Another guard has it, or we may not.</exception>
    public void TakeNamespace()
    {
        if (_lock is null)
        {
            Paths = GuardPaths.ForThisThread();
            TakeLock(Paths);
        }
    }

    /// <inheritdoc/>
    public void Install(GuardOptions options, RuleNeeds needs)
    {
        TakeNamespace();
        try
        {
            ClearLeftovers(Paths!);
            _plan = RuleInstaller.Install(_order, options, needs);
            File.WriteAllText(Paths!.RulesNote, _plan.Backend.ToString());
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Update(GuardOptions options, RuleNeeds needs)
    {
        if (_plan is null)
        {
            return;
        }

        var plan = RulePlanner.Plan(options, needs, _plan.Backend);
        if (plan.Update.Select(s => s.Text).SequenceEqual(_plan.Update.Select(s => s.Text)))
        {
            return;
        }

        var results = FilterTool.Run(plan.Update);
        if (RuleInstaller.FirstFailure(plan.Update, results) is { } failure)
        {
            // Half of it may be in (IPv4 but not IPv6): back to what was.
            // A guard that governs by its old rules is better than none: this does not end it.
            FilterTool.Run(_plan.Update);
            Problem?.Invoke("the rules could not be changed and stay as they were: " + failure);
            return;
        }

        _plan = plan;
    }

    /// <inheritdoc/>
    public void Remove()
    {
        if (_plan is { } plan)
        {
            _plan = null;
            var results = FilterTool.Run(plan.Remove);
            if (RuleInstaller.FirstFailure(plan.Remove, results) is not null && plan.Backend == RuleBackend.Iptables)
            {
                IptablesLeftovers.Clear();
            }
        }

        ReleaseLock();
    }

    /// <inheritdoc/>
    public void Dispose() => ReleaseLock();

    /// <summary>The plan that this machine would get, without changing anything: nft's own check tells whether its kernel can queue.</summary>
    public static RulePlan Preview(GuardOptions options, RuleNeeds needs)
    {
        var nft = RulePlanner.Plan(options, needs, RuleBackend.Nft);
        var check = new RuleScript("nft", ["--check", "-f", "-"], nft.Install[0].Text);
        return FilterTool.Run([check])[0].Succeeded ? nft : RulePlanner.Plan(options, needs, RuleBackend.Iptables);
    }

    /// <summary>What the note says a killed guard used. The installs themselves notice leftovers of their own kind; this is for the other kind.</summary>
    private void ClearLeftovers(GuardPaths paths)
    {
        if (!File.Exists(paths.RulesNote))
        {
            return;
        }

        var left = File.ReadAllText(paths.RulesNote).Trim();
        if (left == nameof(RuleBackend.Iptables))
        {
            IptablesLeftovers.Clear();
        }
        else if (!_order.Contains(RuleBackend.Nft))
        {
            FilterTool.Run(RulePlanner.Plan(new GuardOptions(), default, RuleBackend.Nft).Remove);
        }

        File.Delete(paths.RulesNote);
    }

    private void TakeLock(GuardPaths paths)
    {
        try
        {
            paths.CreateFolder();
            // FileShare.None is flock(2) here: it ends with the process, however that ends.
            _lock = new FileStream(paths.Lock, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
        catch (UnauthorizedAccessException e)
        {
            throw new GuardException($"cannot write {paths.Folder}: the guard needs root (use sudo)", e);
        }
        catch (IOException e) when (File.Exists(paths.Lock))
        {
            throw new GuardException("another guard already governs this network namespace: see 'halfopen status', or stop it first", e);
        }
    }

    private void ReleaseLock()
    {
        if (_lock is null || Paths is null)
        {
            return;
        }

        try
        {
            File.Delete(Paths.RulesNote);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder is somebody else's or gone. A note too many costs the next guard one look.
        }

        // The lock file itself stays: to delete it would let two guards lock two files of one name.
        _lock.Dispose();
        _lock = null;
    }
}
