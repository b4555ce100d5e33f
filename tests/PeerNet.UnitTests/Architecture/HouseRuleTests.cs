using System.Text.RegularExpressions;

namespace PeerNet.UnitTests.Architecture;

/// <summary>Rules of the house that a reader can see without compiling.</summary>
[TestClass]
public sealed partial class HouseRuleTests
{
    private const int MaxLines = 600;

    [TestMethod]
    public void No_hand_written_source_file_is_longer_than_600_lines()
    {
        var whales = Sources.Files.Select(f => (File: Sources.Relative(f), Lines: File.ReadLines(f).Count())).Where(f => f.Lines > MaxLines);
        Assert.AreEqual("", string.Join(", ", whales.Select(f => $"{f.File} ({f.Lines})")), "Split these by noun.");
    }

    [TestMethod]
    public void Namespaces_equal_folder_paths()
    {
        foreach (var file in Sources.Files)
        {
            var declared = NamespaceDeclaration().Match(File.ReadAllText(file));
            if (!declared.Success)
                continue;
            var folder = Path.GetDirectoryName(Path.GetRelativePath(Sources.SourceFolder, file))!.Replace(Path.DirectorySeparatorChar, '.');
            Assert.AreEqual(folder, declared.Groups[1].Value, Sources.Relative(file));
        }
    }

    [TestMethod]
    public void Nothing_unfinished_is_left_in_the_sources()
    {
        foreach (var file in Sources.Files)
            Assert.IsFalse(Unfinished().IsMatch(File.ReadAllText(file)), $"{Sources.Relative(file)} has an unfinished place.");
    }

    [TestMethod]
    public void Every_banned_symbol_says_why()
    {
        foreach (var line in File.ReadLines(Path.Combine(Testing.TestData.RepositoryRoot, "BannedSymbols.txt")).Where(l => l.Length > 0))
            Assert.IsGreaterThan(20, line[(line.IndexOf(';', StringComparison.Ordinal) + 1)..].Length, line);
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
