namespace HalfOpen.Guard.Rules;

/// <summary>
/// The rules in the real packet filter. Tries nf_tables, then iptables, and keeps what this kernel can do; clears what
/// a killed guard left; lets one guard into a network namespace. Not thread-safe: called from the guard's thread;
/// <see cref="Backend"/>, <see cref="Where"/> and <see cref="Paths"/> may be read from any thread once the session is
/// ready.
/// <see cref="Remove"/> may be called from any thread: it waits for the guard's, but not for ever.
/// </summary>
public sealed class GuardRules : IGuardRules, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _one = new();
    private readonly IReadOnlyList<RuleBackend> _order;
    private FileStream? _lock;
    private IRuleSet? _set;

    /// <param name="only">Use this back end and no other; null (default): the first that works.</param>
    public GuardRules(RuleBackend? only = null) => _order = only is { } one ? [one] : RuleInstaller.Order;

    /// <summary>Who holds the rules now; null before and after.</summary>
    public RuleBackend? Backend => _set?.Backend;

    /// <inheritdoc/>
    public string Where => _set?.Where ?? "";

    /// <inheritdoc/>
    public string Lacking { get; private set; } = "";

    /// <inheritdoc/>
    public int ChangeDescriptor => _set?.ChangeDescriptor ?? -1;

    /// <inheritdoc/>
    public bool LeasedPass => _set?.LeasedPass ?? false;

    /// <summary>Of the governed network namespace; null before <see cref="Install"/>.</summary>
    public GuardPaths? Paths { get; private set; }

    /// <summary>
    /// Told, in a line for a user, when rules could not be changed while guarding; on the guard's thread.
    /// </summary>
    public Action<string>? Problem { get; set; }

    /// <summary>
    /// Takes the network namespace of the calling thread for this guard; <see cref="Install"/> does it where it was not
    /// done before. Given back by <see cref="Remove"/> and <see cref="Dispose"/>.
    /// </summary>
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
            _set = RuleInstaller.Install(_order, options, needs, out var problem);
            Lacking = problem;
            File.WriteAllLines(Paths!.RulesNote, [_set.Backend.ToString(), .. _set.Borrowed]);
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
        lock (_one)
        {
            // A guard that governs by its old rules is better than none: this does not end it.
            if (_set?.Update(options, needs) is { } failure)
            {
                Problem?.Invoke("the rules could not be changed and stay as they were: " + failure);
            }
        }
    }

    /// <inheritdoc/>
    public void Hush() => _set?.Hush();

    /// <inheritdoc/>
    public bool AreIntact()
    {
        lock (_one)
        {
            return _set?.AreIntact() ?? true;
        }
    }

    /// <inheritdoc/>
    public string? PutBack()
    {
        lock (_one)
        {
            return _set?.PutBack();
        }
    }

    /// <inheritdoc/>
    public void Release()
    {
        lock (_one)
        {
            _set?.Release();
        }
    }

    /// <inheritdoc/>
    public void Remove()
    {
        if (_one.TryEnter(Patience))
        {
            try
            {
                _set?.Remove();
                _set?.Dispose();
                _set = null;
            }
            finally
            {
                _one.Exit();
            }
        }

        ReleaseLock();
    }

    /// <inheritdoc/>
    public void Dispose() => ReleaseLock();

    /// <summary>
    /// The plan that this machine would get, in words that a tool here understands, without changing anything: the
    /// kernel checks whether its nf_tables can queue. Where it can do so with iptables' targets only, which nft has no
    /// words for, the plan does the same with iptables.
    /// </summary>
    /// <param name="where">Where the guard's own rules would stand.</param>
    public static RulePlan Preview(GuardOptions options, RuleNeeds needs, out string where)
    {
        var way = OwnTables.WouldWork(options, needs);
        where = way switch
        {
            Handover.Expressions => "by itself, without nft",
            Handover.Targets => "by itself in tables of its own, with iptables' targets, which nft has no words for; "
                + "these scripts do the same with iptables",
            _ => "this kernel's nf_tables cannot queue, so with iptables",
        };
        return RulePlanner.Plan(options, needs, way == Handover.Expressions ? RuleBackend.Nft : RuleBackend.Iptables);
    }

    /// <summary>
    /// What the note says a killed guard used. The installs themselves notice leftovers of their own kind; this is for
    /// the other kind.
    /// </summary>
    private void ClearLeftovers(GuardPaths paths)
    {
        if (!File.Exists(paths.RulesNote))
        {
            return;
        }

        var lines = File.ReadAllLines(paths.RulesNote);
        var left = Enum.TryParse<RuleBackend>(lines.FirstOrDefault(), out var backend) ? backend : RuleBackend.Nft;
        if (left == RuleBackend.Nft)
        {
            OwnTables.Clear();
        }
        else
        {
            IptablesLeftovers.Clear(left);
            BorrowedTables.ReturnOf(lines);
        }

        File.Delete(paths.RulesNote);
    }

    private void TakeLock(GuardPaths paths)
    {
        try
        {
            paths.CreateFolder();
            // FileShare.None is flock(2) here: it ends with the process, however that ends.
            _lock = new FileStream(paths.Lock,
                new FileStreamOptions
                    { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None,
                        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
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
