using System.Text;
using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Watch;

/// <summary>
/// What the person at the screen has chosen: order, filter, frozen frame, selected and opened program. Knows no
/// terminal. Not thread-safe.
/// </summary>
internal sealed class WatchView
{
    private const int MaxFilter = 100;
    private readonly HashSet<long> _open = [];
    private WatchFrame? _newest;

    /// <summary>The frame that is shown; null before the first.</summary>
    public WatchFrame? Frame { get; private set; }

    public bool IsFrozen { get; private set; }

    public bool IsOver { get; private set; }

    public bool ShowsHelp { get; private set; }

    /// <summary>The filter is being typed.</summary>
    public bool IsTyping { get; private set; }

    public string Filter { get; private set; } = "";

    /// <summary>By its title.</summary>
    public string SortedBy { get; private set; } = WatchColumns.First;

    public bool IsReversed { get; private set; }

    /// <summary>Id of the program that is selected; stays with it when rows move.</summary>
    public long? Selected { get; private set; }

    /// <summary>How many rows a page has; the painter says.</summary>
    public int Page { get; set; } = 10;

    public bool IsOpen(long program) => _open.Contains(program);

    /// <summary>A new frame; shown unless frozen.</summary>
    public void Take(WatchFrame frame)
    {
        _newest = frame;
        Frame = IsFrozen ? Frame ?? frame : frame;
        _open.RemoveWhere(id => !frame.Programs.Any(p => p.Id == id));
    }

    /// <summary>Programs that the filter lets through, in order; the sum of all others comes last.</summary>
    public IReadOnlyList<WatchProgram> Rows()
    {
        if (Frame is not { } frame)
        {
            return [];
        }

        var rows = frame.Programs.Where(Passes).ToList();
        var column = WatchColumns.All.First(c => c.Title == SortedBy);
        var sign = IsReversed ? -1 : 1;
        var sorted = rows.Select((p, place) => (Program: p, Place: place)).ToArray();
        Array.Sort(sorted, (a, b) => column.Order(a.Program, b.Program) is var order and not 0 ? sign * order : a.Place.CompareTo(b.Place));
        rows = [.. sorted.Select(s => s.Program)];
        if (frame.Others is { } others && Filter.Length == 0)
        {
            rows.Add(others);
        }

        return rows;
    }

    /// <param name="columns">Titles of the columns on the screen, for moving the order.</param>
    public void Press(WatchKey key, Rune character, IReadOnlyList<string> columns)
    {
        if (IsTyping)
        {
            Type(key, character);
            return;
        }

        if (ShowsHelp && key is not WatchKey.Character)
        {
            ShowsHelp = false;
            return;
        }

        switch (key)
        {
            case WatchKey.Up:
                Move(-1);
                break;
            case WatchKey.Down:
                Move(1);
                break;
            case WatchKey.PageUp:
                Move(-Page);
                break;
            case WatchKey.PageDown:
                Move(Page);
                break;
            case WatchKey.Home:
                Move(int.MinValue);
                break;
            case WatchKey.End:
                Move(int.MaxValue);
                break;
            case WatchKey.Left:
                MoveOrder(-1, columns);
                break;
            case WatchKey.Right:
                MoveOrder(1, columns);
                break;
            case WatchKey.Enter:
                Toggle();
                break;
            case WatchKey.Escape:
                (Filter, Selected) = ("", null);
                break;
            case WatchKey.Character:
                Press(character, columns);
                break;
        }
    }

    private void Press(Rune character, IReadOnlyList<string> columns)
    {
        switch ((char)(character.IsBmp ? character.Value : 0))
        {
            case 'q' or 'Q':
                IsOver = !ShowsHelp; // out of the help first
                ShowsHelp = false;
                break;
            case 'h' or 'H' or '?':
                ShowsHelp = !ShowsHelp;
                break;
            case ' ' or 'p':
                IsFrozen = !IsFrozen;
                Frame = IsFrozen ? Frame : _newest;
                break;
            case '/':
                (IsTyping, ShowsHelp) = (true, false);
                break;
            case '<' or ',':
                MoveOrder(-1, columns);
                break;
            case '>' or '.' or 's':
                MoveOrder(1, columns);
                break;
            case 'r' or 'R':
                IsReversed = !IsReversed;
                break;
            case 'j':
                Move(1);
                break;
            case 'k':
                Move(-1);
                break;
        }
    }

    private void Type(WatchKey key, Rune character)
    {
        switch (key)
        {
            case WatchKey.Enter:
                IsTyping = false;
                break;
            case WatchKey.Escape:
                (IsTyping, Filter) = (false, "");
                break;
            case WatchKey.Erase when Filter.Length > 0:
                Filter = Filter[..^(char.IsSurrogate(Filter[^1]) ? 2 : 1)];
                break;
            case WatchKey.Character when Filter.Length < MaxFilter:
                Filter += character.ToString();
                break;
        }
    }

    private bool Passes(WatchProgram p) => Filter.Length == 0
        || Has(p.Name) || Has(p.FullName) || Has(p.Owner) || Has(p.Unit) || p.ProcessIds.Any(i => Has(i.ToString()))
        || p.Destinations.Any(d => Has(WatchWords.EndPoint(d)));

    private bool Has(string text) => text.Contains(Filter, StringComparison.OrdinalIgnoreCase);

    private void Move(int by)
    {
        var rows = Rows();
        if (rows.Count == 0)
        {
            return;
        }

        var place = rows.Select(r => (long?)r.Id).ToList().IndexOf(Selected);
        var to = by switch
        {
            int.MinValue => 0,
            int.MaxValue => rows.Count - 1,
            _ => Math.Clamp(place < 0 ? (by > 0 ? by - 1 : 0) : place + by, 0, rows.Count - 1),
        };
        Selected = rows[to].Id;
    }

    private void MoveOrder(int by, IReadOnlyList<string> columns)
    {
        if (columns.Count > 0)
        {
            var place = columns.ToList().IndexOf(SortedBy);
            SortedBy = columns[((Math.Max(0, place) + by) % columns.Count + columns.Count) % columns.Count];
            IsReversed = false;
        }
    }

    private void Toggle()
    {
        var rows = Rows();
        Selected ??= rows.Count > 0 ? rows[0].Id : null;
        if (Selected is { } id && !_open.Remove(id))
        {
            _open.Add(id);
        }
    }
}
