using System.Text.Json;
using PeerNet.Connections.Muxing.Yamux;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>The session against what go-yamux wrote.</summary>
[TestClass]
public sealed class YamuxVectorTests
{
    /// <summary>Where this end is stricter than go-yamux, on purpose: the specification's 32 bits of window are not to be left.</summary>
    private static readonly string[] Stricter = ["window sum over 2^32-1"];

    public static IEnumerable<object[]> Scenarios
        => from row in YamuxVectors.Scenarios
           from role in new[] { "client", "server" }
           select new object[] { YamuxVectors.Name(row), role };

    public static IEnumerable<object[]> Hostile => YamuxVectors.Hostile.Select(row => new object[] { YamuxVectors.Name(row) });

    [TestMethod]
    [DynamicData(nameof(Scenarios))]
    public void Plays_either_end_of_a_recorded_scenario(string name, string role)
    {
        var row = YamuxVectors.Scenarios.Single(r => YamuxVectors.Name(r) == name);

        // The recorded server grew its window by go's rule, and its peer used that.
        if (name == "window growth" && role == "server")
            return;
        var harness = new SessionHarness(isInitiator: role == "client") { Accepts = false };
        foreach (var frame in row.GetProperty("frames").EnumerateArray())
        {
            var header = YamuxVectors.Header(frame);
            if (frame.GetProperty("from").GetString() == role)
                Speak(harness, header);
            else
                Assert.IsFalse((harness.Receive(header) & FrameEffects.Violation) != 0, frame.GetRawText());
        }
    }

    [TestMethod]
    [DynamicData(nameof(Hostile))]
    public void Answers_a_scripted_peer_as_go_does(string name)
    {
        var row = YamuxVectors.Hostile.Single(r => YamuxVectors.Name(r) == name);
        var sent = row.GetProperty("sent").EnumerateArray().Select(s => YamuxVectors.Bytes(s.GetString()!)).ToArray();
        var expected = row.GetProperty("answers").EnumerateArray().Select(YamuxVectors.Header).OrderBy(h => h.ToString()).ToArray();
        var ends = row.GetProperty("connectionEnded").GetBoolean() || Stricter.Contains(name);
        foreach (var chunk in new[] { int.MaxValue, 1, 5, 12, 13 })
        {
            var harness = new SessionHarness(isInitiator: row.GetProperty("liveEndIs").GetString() == "client");
            harness.Take();
            var answers = new List<YamuxHeader>();
            foreach (var bytes in sent)
            {
                for (var offset = 0; offset < bytes.Length && harness.Session.Violation == YamuxViolation.None; offset += Math.Min(chunk, bytes.Length - offset))
                    harness.ReceiveBytes(bytes.AsSpan(offset, Math.Min(chunk, bytes.Length - offset)));
                answers.AddRange(harness.Take());
            }

            CollectionAssert.AreEqual(expected, answers.OrderBy(h => h.ToString()).ToArray());
            Assert.AreEqual(ends, harness.HasEnded);
        }
    }

    /// <summary>Does what must have made the recorded end write this frame, and compares.</summary>
    private static void Speak(SessionHarness harness, YamuxHeader recorded)
    {
        var session = harness.Session;
        if (recorded.Type == YamuxFrameType.Data)
        {
            Assert.AreEqual(recorded, session.StartData(harness.Streams[recorded.StreamId], (int)recorded.Length));
            return;
        }

        if (recorded is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Syn })
            return;
        if (recorded.Type == YamuxFrameType.GoAway)
            session.SendGoAway(recorded.Length);
        else if (recorded.Has(YamuxFlags.Syn))
            session.RequestOpening(harness.Open());
        else if (recorded.Type == YamuxFrameType.WindowUpdate)
            SpeakOfStream(harness, recorded);
        CollectionAssert.Contains(harness.Take(), recorded);
    }

    private static void SpeakOfStream(SessionHarness harness, YamuxHeader recorded)
    {
        var session = harness.Session;
        var stream = harness.Streams[recorded.StreamId];
        if (recorded.Has(YamuxFlags.Ack))
        {
            session.Accept(stream);
            session.RequestOpening(stream);
        }

        if (recorded.Has(YamuxFlags.Fin))
            session.CloseWrite(stream);
        if (recorded.Has(YamuxFlags.Rst))
            session.Reset(stream, recorded.Length);
        if (recorded.Flags == YamuxFlags.None)
        {
            Assert.IsTrue(session.Consume(stream, (int)stream.ReceiveWindow.Buffered));
            session.Grant(stream, harness.Now);
        }
    }
}
