using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>What a transaction has done so far and how to take each of it back, last first.</summary>
internal sealed class UndoList
{
    private readonly Stack<Action> _actions = new();

    public void Add(Action undo) => _actions.Push(undo);

    public void Clear() => _actions.Clear();

    /// <summary>
    /// Takes everything back, up to the first thing that cannot be: what lies before it are the backups of what is still changed, and they must stay.
    /// </summary>
    /// <returns>Null when all was taken back; else what stopped it.</returns>
    public FileProblemException? Run()
    {
        while (_actions.TryPop(out var undo))
        {
            try
            {
                undo();
            }
            catch (FileProblemException e)
            {
                return e;
            }
        }

        return null;
    }
}
