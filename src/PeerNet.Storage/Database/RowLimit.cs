namespace PeerNet.Storage.Database;

/// <summary>Keeps a table within its limit: rows beyond it, the oldest, are deleted at the end of a batch that added some.</summary>
internal sealed class RowLimit : StoreWrite
{
    private readonly string _table;
    private readonly string[] _statements;
    private readonly int _rows;

    public RowLimit(string table, string statement, int rows)
        : this(table, [statement], rows)
    {
    }

    public RowLimit(string table, string first, string second, int rows)
        : this(table, [first, second], rows)
    {
    }

    private RowLimit(string table, string[] statements, int rows)
    {
        _table = table;
        _statements = statements;
        _rows = rows;
    }

    public override (string Table, string Row) Key => (_table, "limit");

    public override void Apply(StatementCache statements)
    {
        foreach (var statement in _statements)
            statements.Execute(statement, _rows);
    }
}
