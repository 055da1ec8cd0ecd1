namespace HalfOpen.Guard.Rules;

/// <summary>Rules that one back end has put in. Not thread-safe.</summary>
internal interface IRuleSet : IDisposable
{
    RuleBackend Backend { get; }

    /// <summary>Where the rules stand, for a user.</summary>
    string Where { get; }

    /// <summary>
    /// Readable when somebody changed something in the packet filter; -1: this back end is never told.
    /// </summary>
    int ChangeDescriptor { get; }

    /// <summary>Its rules can tell SYNs of sockets with a leased slot, and let them pass.</summary>
    bool LeasedPass { get; }

    /// <summary>
    /// Tables of others' that were made for these rules, and that go with them once they are empty: for the note that
    /// outlives a killed guard.
    /// </summary>
    IReadOnlyList<string> Borrowed { get; }

    /// <summary>Makes <see cref="ChangeDescriptor"/> silent until the next change.</summary>
    void Hush();

    /// <summary>Replaces the rules, without a moment in which there are none and without losing what is held.</summary>
    /// <returns>Why it could not; the old ones are in force then. Null: done.</returns>
    string? Update(GuardOptions options, RuleNeeds needs);

    /// <summary>Whether all is as we put it in. Cheap where nobody changed anything.</summary>
    bool AreIntact();

    /// <summary>Puts everything in again, whatever is left of it.</summary>
    /// <returns>Why it could not; null: done.</returns>
    string? PutBack();

    /// <summary>Lets everything pass from now on; what is held stays held.</summary>
    void Release();

    /// <summary>Takes everything out. What is still held is lost.</summary>
    void Remove();
}
