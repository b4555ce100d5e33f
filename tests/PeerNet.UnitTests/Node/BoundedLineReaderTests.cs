using CsCheck;
using PeerNet.Control;

namespace PeerNet.UnitTests.Node;

[TestClass]
public sealed class BoundedLineReaderTests
{
    [TestMethod]
    public async Task Lines_come_as_they_were_written_whatever_their_ends()
    {
        var reader = new BoundedLineReader(new StringReader("one\ntwo\r\n\nlast"), 100);
        Assert.AreEqual("one", await reader.ReadLineAsync(default));
        Assert.AreEqual("two", await reader.ReadLineAsync(default));
        Assert.AreEqual("", await reader.ReadLineAsync(default));
        Assert.AreEqual("last", await reader.ReadLineAsync(default));
        Assert.IsNull(await reader.ReadLineAsync(default));
    }

    [TestMethod]
    public async Task A_line_of_the_longest_length_passes_and_one_more_character_does_not()
    {
        var fits = new BoundedLineReader(new StringReader(new string('x', 5000) + "\n"), 5000);
        Assert.AreEqual(5000, (await fits.ReadLineAsync(default))!.Length);
        var longer = new BoundedLineReader(new StringReader(new string('x', 5001) + "\n"), 5000);
        await Assert.ThrowsExactlyAsync<ControlException>(async () => await longer.ReadLineAsync(default));
    }

    [TestMethod]
    [TestCategory("Property")]
    public void Any_lines_survive()
        => Gen.String[Gen.Char['a', 'z'], 0, 6000].List[0, 8].Sample(lines =>
        {
            var reader = new BoundedLineReader(new StringReader(string.Concat(lines.Select(line => line + "\n"))), 6000);
            foreach (var line in lines)
                Assert.AreEqual(line, reader.ReadLineAsync(default).AsTask().GetAwaiter().GetResult());
            Assert.IsNull(reader.ReadLineAsync(default).AsTask().GetAwaiter().GetResult());
        }, iter: 1000);
}
