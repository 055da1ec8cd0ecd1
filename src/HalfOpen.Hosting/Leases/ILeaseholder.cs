namespace HalfOpen.Hosting.Leases;

/// <summary>
/// Who gives out leased slots without asking: the kernel, or a model of it. It gives one out only while it is open and
/// has one, and gets it back when the attempt ends. Called by one thread, while others take and return slots.
/// </summary>
public interface ILeaseholder
{
    /// <summary>
    /// Whether it may give out what it has, and what is returned to it. While something waits it may not: a returned
    /// slot is for those that wait.
    /// </summary>
    bool IsOpen { set; }

    /// <summary>So many slots more are its to give out.</summary>
    void Add(int slots);

    /// <summary>Takes slots that it has not given out, as many as there are, at most <paramref name="most"/>.</summary>
    /// <returns>How many: 0 to <paramref name="most"/>.</returns>
    int TakeBack(int most);
}
