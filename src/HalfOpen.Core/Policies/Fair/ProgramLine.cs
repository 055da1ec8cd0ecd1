namespace HalfOpen.Core.Policies.Fair;

/// <summary>Programs in a line, each at most once; every operation costs the same.</summary>
internal sealed class ProgramLine
{
    private Link[] _links = new Link[16];
    private int _last = -1;

    /// <summary>Who has been in it longest; -1: nobody.</summary>
    public int First { get; private set; } = -1;

    /// <summary>To the end of the line, from wherever it is.</summary>
    public void MoveToEnd(int program)
    {
        Leave(program);
        if (program >= _links.Length)
        {
            Array.Resize(ref _links, Math.Max(program + 1, _links.Length * 2));
        }

        _links[program] = new Link { IsIn = true, Next = -1, Previous = _last };
        if (_last >= 0)
        {
            _links[_last].Next = program;
        }
        else
        {
            First = program;
        }

        _last = program;
    }

    /// <summary>Out of the line, if it is in it.</summary>
    public void Leave(int program)
    {
        if (!Contains(program))
        {
            return;
        }

        ref var link = ref _links[program];
        link.IsIn = false;
        if (link.Previous >= 0)
        {
            _links[link.Previous].Next = link.Next;
        }
        else
        {
            First = link.Next;
        }

        if (link.Next >= 0)
        {
            _links[link.Next].Previous = link.Previous;
        }
        else
        {
            _last = link.Previous;
        }
    }

    public bool Contains(int program) => program < _links.Length && _links[program].IsIn;

    private struct Link
    {
        public bool IsIn;
        public int Next;
        public int Previous;
    }
}
