using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>All samples of a run: of a section (a stack, or what needs none), a figure and a subject.</summary>
internal sealed class BenchResults
{
    private readonly List<BenchRow> _rows = [];

    public IReadOnlyList<BenchRow> Rows => _rows;

    /// <summary>Adds a sample, unless the peers could not give that number.</summary>
    public void Add(string section, BenchSubject subject, PeerFigure figure, double value)
    {
        if (!double.IsFinite(value))
            return;
        var row = Find(section, subject.Name, figure);
        if (row is null)
            _rows.Add(row = new BenchRow(section, subject, figure));
        row.Samples.Add(value);
    }

    /// <summary>How a row stands against each of its references that were measured: above 1 is better.</summary>
    public IReadOnlyDictionary<string, double> RatiosOf(BenchRow row)
    {
        var ratios = new Dictionary<string, double>();
        foreach (var (name, subjects) in row.Subject.References)
        {
            var medians = subjects.Select(subject => Find(row.Section, subject, row.Figure)?.Median).OfType<double>().ToList();
            if (medians.Count < subjects.Count)
                continue;
            ratios[name] = row.Figure.LessIsBetter ? medians.Max() / row.Median : row.Median / medians.Min();
        }

        return ratios;
    }

    private BenchRow? Find(string section, string subject, PeerFigure figure)
        => _rows.Find(row => row.Section == section && row.Subject.Name == subject && row.Figure == figure);
}

/// <summary>One row of a table.</summary>
internal sealed record BenchRow(string Section, BenchSubject Subject, PeerFigure Figure)
{
    public List<double> Samples { get; } = [];

    public double Median
    {
        get
        {
            var sorted = Samples.Order().ToList();
            var middle = sorted.Count / 2;
            return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }
}
