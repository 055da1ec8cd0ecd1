namespace HalfOpen.Core.Policies.Fair;

/// <summary>A line of waiting members, for a <see cref="LineTable"/> to keep. Mutable struct: never copy.</summary>
internal struct Line
{
    // Stored + 1, so that default(Line) is an empty line.
    private int _first;
    private int _last;

    /// <summary>Who has been in it longest; -1: nobody.</summary>
    public int First
    {
        readonly get => _first - 1;
        set => _first = value + 1;
    }

    public int Last
    {
        readonly get => _last - 1;
        set => _last = value + 1;
    }
}

/// <summary>Who stands behind whom; each member in one line at most. Every operation costs the same.</summary>
internal sealed class LineTable
{
    private Link[] _links = new Link[16];

    /// <summary>To the end of the line, from wherever it is in it.</summary>
    public void MoveToEnd(ref Line line, int member)
    {
        Leave(ref line, member);
        if (member >= _links.Length)
        {
            Array.Resize(ref _links, Math.Max(member + 1, _links.Length * 2));
        }

        _links[member] = new Link { Next = -1, Previous = line.Last };
        if (line.Last >= 0)
        {
            _links[line.Last].Next = member;
        }
        else
        {
            line.First = member;
        }

        line.Last = member;
    }

    /// <summary>Out of the line, if it is in it.</summary>
    public void Leave(ref Line line, int member)
    {
        if (!Contains(member))
        {
            return;
        }

        var link = _links[member];
        _links[member] = default;
        if (link.Previous >= 0)
        {
            _links[link.Previous].Next = link.Next;
        }
        else
        {
            line.First = link.Next;
        }

        if (link.Next >= 0)
        {
            _links[link.Next].Previous = link.Previous;
        }
        else
        {
            line.Last = link.Previous;
        }
    }

    public bool Contains(int member) => member < _links.Length && _links[member].IsIn;

    /// <summary>In no line by default. 8 bytes: every program has one, mostly not in a cache.</summary>
    private struct Link
    {
        private int _previous; // + 2; 0: in no line
        private int _next; // + 1

        public readonly bool IsIn => _previous != 0;

        /// <summary>-1: it is the first.</summary>
        public int Previous
        {
            readonly get => _previous - 2;
            set => _previous = value + 2;
        }

        /// <summary>-1: it is the last.</summary>
        public int Next
        {
            readonly get => _next - 1;
            set => _next = value + 1;
        }
    }
}
