using System.Globalization;

namespace PeerNet.Simulation.Scenarios;

/// <summary>What a run measured, and what it was held against.</summary>
public sealed class Report
{
    private readonly List<string> _lines = [];

    /// <summary>Bounds that were not kept.</summary>
    public int Failures { get; private set; }

    /// <summary>The lines, as they are printed and written to the results file.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Notes a figure.</summary>
    public void Add(string name, FormattableString value) => _lines.Add($"  {name,-28} {FormattableString.Invariant(value)}");

    /// <summary>Notes a figure that must not exceed a bound.</summary>
    public void AtMost(string name, double value, double bound) => Check(name, value, bound, value <= bound, "at most");

    /// <summary>Notes a figure that must reach a bound.</summary>
    public void AtLeast(string name, double value, double bound) => Check(name, value, bound, value >= bound, "at least");

    private void Check(string name, double value, double bound, bool isKept, string word)
    {
        if (!isKept)
            Failures++;
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"  {name,-28} {value:0.####} ({word} {bound:0.####}){(isKept ? "" : "  FAILED")}"));
    }
}
