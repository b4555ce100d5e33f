using System.Collections.Concurrent;
using System.Text;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>Gathers what the cells of the matrix came to, and writes it as a table. Safe for concurrent use.</summary>
internal sealed class MatrixReport
{
    private readonly ConcurrentDictionary<(MatrixRow, Scenario), Cell> _cells = new();

    public void Passed(MatrixRow row, Scenario column, TimeSpan time, IEnumerable<PeerFault> faults) => _cells[(row, column)] = new Cell("ok", time, [.. faults.Distinct()]);

    public void NotApplicable(MatrixRow row, Scenario column) => _cells[(row, column)] = new Cell("n.a.", default, []);

    public void Failed(MatrixRow row, Scenario column, Exception error) => _cells[(row, column)] = new Cell("**FAIL**", default, []) { Error = error.Message.Split('\n')[0] };

    /// <summary>Writes the table, unless nothing ran.</summary>
    public void Write(string file)
    {
        if (_cells.IsEmpty)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, ToString());
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var faults = _cells.Values.SelectMany(cell => cell.Faults).Distinct().OrderBy(fault => fault.ToString(), StringComparer.Ordinal).ToList();
        var text = new StringBuilder("# Interop matrix\n\n");
        text.Append("A > B: A dials B over a stack; every scenario moves data both ways. ok: passed; a number names a fault of the peer that the\nscenario expects; n.a.: the peer lacks a command; -: runs in other rows only, or was not asked for.\n\n");
        text.AppendLine($"| A > B | {string.Join(" | ", MatrixTable.Columns)} | s |");
        text.AppendLine($"| --- |{string.Concat(Enumerable.Repeat(" --- |", MatrixTable.Columns.Count))} ---: |");
        foreach (var row in MatrixTable.Others.SelectMany(MatrixTable.Rows).Where(row => MatrixTable.Columns.Any(column => _cells.ContainsKey((row, column)))))
        {
            var cells = MatrixTable.Columns.Select(column => _cells.GetValueOrDefault((row, column))).ToList();
            var seconds = cells.Sum(cell => cell?.Time.TotalSeconds ?? 0);
            text.AppendLine($"| {row} | {string.Join(" | ", cells.Select(Show))} | {seconds:0.0} |");
        }

        text.AppendLine();
        for (var i = 0; i < faults.Count; i++)
            text.AppendLine($"{i + 1}. {faults[i]}");
        text.AppendLine();
        text.AppendLine($"{Count("ok")} ok, {Count("**FAIL**")} failed, {Count("n.a.")} not applicable.");
        foreach (var ((row, column), cell) in _cells.Where(entry => entry.Value.Error is not null))
            text.AppendLine($"- {row}, {column}: {cell.Error}");
        return text.ToString();

        string Show(Cell? cell) => cell is null ? "-" : string.Join(' ', cell.Faults.Select(fault => $"({faults.IndexOf(fault) + 1})").Prepend(cell.Outcome));
    }

    private int Count(string outcome) => _cells.Values.Count(cell => cell.Outcome == outcome);

    private sealed record Cell(string Outcome, TimeSpan Time, IReadOnlyList<PeerFault> Faults)
    {
        public string? Error { get; init; }
    }
}
