using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Harness;

[TestClass]
public sealed class LineReaderTests
{
    [TestMethod]
    [DataRow("", "")]
    [DataRow("one\n", "one")]
    [DataRow("one\ntwo", "one|two")]
    [DataRow("\n\n", "|")]
    public async Task Cuts_at_line_feeds(string text, string lines)
    {
        var read = new List<string>();
        await foreach (var line in LineReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))))
            read.Add(Encoding.UTF8.GetString(line.Span));
        Assert.AreEqual(lines, string.Join('|', read));
    }

    [TestMethod]
    public async Task Joins_what_comes_in_pieces()
    {
        var text = new string('x', 100_000);
        var read = new List<int>();
        await foreach (var line in LineReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes($"{text}\n{text}\n"))))
            read.Add(line.Length);
        CollectionAssert.AreEqual(new[] { 100_000, 100_000 }, read);
    }

    [TestMethod]
    public async Task A_log_keeps_its_last_lines_and_cuts_long_ones()
    {
        var tail = new LogTail();
        var text = string.Join('\n', Enumerable.Range(0, 1000)) + "\n" + new string('y', 50_000);
        await tail.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        Assert.Contains("999", tail.ToString());
        Assert.DoesNotContain("\n900\n", tail.ToString());
        Assert.IsLessThan(5_000, tail.ToString().Length);
    }
}
