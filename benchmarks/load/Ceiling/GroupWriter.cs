namespace TaskSlices.Load.Ceiling;

/// <summary>
/// The one writer, a thread with a connection of its own: takes all that waits, puts it in one transaction, commits once (one fsync for
/// the group), and only then lets each be answered. While the disk is at work, the next group gathers.
/// </summary>
public sealed class GroupWriter
{
    private readonly object _gate = new();
    private readonly TaskStatements _statements;
    private List<TaskChange> _waiting = [];

    public GroupWriter(string file)
    {
        _statements = new TaskStatements(Sqlite.Open(file));
        new Thread(Run) { IsBackground = true, Name = "writer" }.Start();
    }

    public ValueTask<bool> CommitAsync(TaskChange change)
    {
        lock (_gate)
        {
            _waiting.Add(change);
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
        }

        return change.Done;
    }

    private void Run()
    {
        while (true)
        {
            var group = Take();

            try
            {
                Write(group);
                ThreadPool.UnsafeQueueUserWorkItem(static g => g.ForEach(change => change.Answer()), group, preferLocal: false);
            }
            catch (InvalidOperationException e)
            {
                _statements.RollBack();
                ThreadPool.UnsafeQueueUserWorkItem(g => g.ForEach(change => change.Fail(e)), group, preferLocal: false);
            }
        }
    }

    private List<TaskChange> Take()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
                Monitor.Wait(_gate);

            var group = _waiting;
            _waiting = new List<TaskChange>(group.Count);

            return group;
        }
    }

    private void Write(List<TaskChange> group)
    {
        _statements.Begin();

        foreach (var change in group)
        {
            if (change.IsNew)
                _statements.Insert(change);
            else
                _statements.Update(change);
        }

        _statements.Commit();
    }
}
