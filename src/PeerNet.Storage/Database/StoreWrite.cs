namespace PeerNet.Storage.Database;

/// <summary>
/// One change of the database. A later change with the same key replaces an earlier one that still waits, so that the newest state is
/// written once.
/// </summary>
internal abstract class StoreWrite
{
    /// <summary>What the change is about: table and row.</summary>
    public abstract (string Table, string Row) Key { get; }

    /// <summary>Makes the change, inside the writer's transaction.</summary>
    public abstract void Apply(StatementCache statements);
}
