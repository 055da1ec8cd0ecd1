using System.Collections.Generic;

namespace HalfOpen.Driver.Locating;

/// <summary>
/// A set that only grows. HashSet came with .NET Framework 3.5, and the edition for Windows XP itself also runs on 2.0.
/// </summary>
internal sealed class Seen<T>
    where T : notnull
{
    private readonly Dictionary<T, bool> _items = new Dictionary<T, bool>();

    /// <summary>False when the item was there already.</summary>
    public bool Add(T item)
    {
        var before = _items.Count;
        _items[item] = true;
        return _items.Count != before;
    }
}
