using System.Buffers;
using System.Text;
using CsCheck;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core;
using PeerNet.Core.Errors;

namespace PeerNet.UnitTests.Connections.Negotiation.Multistream;

[TestClass]
public sealed class MultistreamMachineTests
{
    private static readonly ProtocolId[] ListenerProtocols = ["/noise", "/c", "/x", "/echo/1", "/hello/1", "/flush/1"];

    [TestMethod]
    [DynamicData(nameof(MultistreamVectors.Frames), typeof(MultistreamVectors))]
    public void Frames_are_those_of_go_multistream(string text, byte[] frame)
    {
        var encoded = new byte[MultistreamFrame.Length(text)];
        Assert.AreEqual(encoded.Length, MultistreamFrame.Encode(encoded, text));
        CollectionAssert.AreEqual(frame, encoded);
        Assert.AreEqual(OperationStatus.Done, MultistreamFrame.TryDecode([.. frame, 0x55], out var decoded, out var consumed, out _));
        Assert.AreEqual(text, Encoding.UTF8.GetString(decoded));
        Assert.AreEqual(frame.Length, consumed);
        for (var length = 0; length < frame.Length; length++)
            Assert.AreEqual(OperationStatus.NeedMoreData, MultistreamFrame.TryDecode(frame.AsSpan(0, length), out _, out _, out _));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("/a\n")]
    public void A_text_that_is_no_name_is_not_proposed(string name)
        => Assert.ThrowsExactly<ArgumentException>(() => new MultistreamDialer([name]));

    [TestMethod]
    public void A_name_of_1024_bytes_does_not_fit()
    {
        _ = MultistreamFrame.Length(new string('a', ProtocolId.MaxBytes));
        Assert.ThrowsExactly<ArgumentException>(() => MultistreamFrame.Length(new string('a', ProtocolId.MaxBytes + 1)));
    }

    [TestMethod]
    [DynamicData(nameof(MultistreamVectors.Scenarios), typeof(MultistreamVectors))]
    public void A_listener_answers_a_recorded_go_dialer_as_go_does(string name)
    {
        var scenario = MultistreamVectors.Find("scenarios", name);
        var expected = scenario.GetProperty("listenerResult").GetString()!;
        if (name.StartsWith("simultaneous", StringComparison.Ordinal) || name == "listener against listener")
            return;
        var input = MultistreamVectors.Written(scenario, "dialer");
        var answers = MultistreamVectors.Written(scenario, "listener");
        foreach (var pieces in Cuts(input))
        {
            var run = Listen(pieces, ends: expected.StartsWith("error", StringComparison.Ordinal));
            Assert.IsTrue(answers.AsSpan().StartsWith(run.Output), name);
            if (expected.StartsWith("error", StringComparison.Ordinal))
            {
                Assert.IsNotNull(run.Failure, name);
                continue;
            }

            Assert.AreEqual(expected.Split(' ')[0], run.Agreed?.Value, name);
            if (expected.Contains('+', StringComparison.Ordinal))
                Assert.AreEqual(expected.Split('+')[1].Trim(), Encoding.UTF8.GetString(run.Leftover), name);
        }
    }

    [TestMethod]
    [DataRow("select, supported", "/noise")]
    [DataRow("select, second choice", "/tls/1.0.0 /noise")]
    [DataRow("select, third choice", "/a /b /c")]
    [DataRow("select, nothing in common", "/a /b")]
    [DataRow("select or fail, unsupported", "/a")]
    [DataRow("lazy: write first", "/echo/1")]
    [DataRow("lazy: read first", "/hello/1")]
    [DataRow("lazy: unsupported", "/nope")]
    public void A_dialer_proposes_to_a_recorded_go_listener_as_go_does(string name, string proposals)
    {
        var scenario = MultistreamVectors.Find("scenarios", name);
        var expected = scenario.GetProperty("dialerResult").GetString()!;
        var written = MultistreamVectors.Written(scenario, "dialer");
        foreach (var pieces in Cuts(MultistreamVectors.Written(scenario, "listener")))
        {
            var run = Dial(proposals.Split(' '), pieces, ends: true);
            Assert.IsTrue(written.AsSpan().StartsWith(run.Output), name);
            if (expected.StartsWith("error", StringComparison.Ordinal))
                Assert.AreEqual(NegotiationFailure.Unsupported, run.Failure!.Reason);
            else
                Assert.AreEqual(expected, run.Agreed?.Value);
        }
    }

    [TestMethod]
    [DynamicData(nameof(MultistreamVectors.HostileToListener), typeof(MultistreamVectors))]
    public void A_listener_stands_hostile_input_as_go_does(string name)
    {
        var row = MultistreamVectors.Find("hostile", name);
        var expected = row.GetProperty("result").GetString()!;
        foreach (var pieces in Cuts([.. MultistreamVectors.Sent(row).SelectMany(piece => piece)]).Append(MultistreamVectors.Sent(row)))
        {
            var run = Listen(pieces, ends: true);
            CollectionAssert.AreEqual(MultistreamVectors.Hex(row, "received"), run.Output, name);
            Assert.AreEqual(expected.StartsWith("error", StringComparison.Ordinal) ? null : expected, run.Agreed?.Value, name);
            Assert.AreEqual(run.Agreed is null, run.Failure is not null, name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(MultistreamVectors.HostileToDialer), typeof(MultistreamVectors))]
    public void A_dialer_stands_hostile_input_as_go_does(string name)
    {
        var row = MultistreamVectors.Find("hostile", name);
        var expected = row.GetProperty("result").GetString()!;
        var proposals = name.Contains("na ", StringComparison.Ordinal) ? new[] { "/noise", "/tls/1.0.0" } : ["/noise"];
        foreach (var pieces in Cuts([.. MultistreamVectors.Sent(row).SelectMany(piece => piece)]))
        {
            var run = Dial(proposals, pieces, ends: true);
            CollectionAssert.AreEqual(MultistreamVectors.Hex(row, "received"), run.Output, name);
            Assert.AreEqual(expected.StartsWith("error", StringComparison.Ordinal) ? null : expected, run.Agreed?.Value, name);
            Assert.AreEqual(run.Agreed is null, run.Failure is not null, name);
        }
    }

    [TestMethod]
    public void A_listener_answers_a_hundred_proposals_and_no_more()
    {
        byte[] proposals = [.. MultistreamProtocol.HeaderFrame, .. Enumerable.Repeat("\x03/z\n"u8.ToArray(), 1000).SelectMany(frame => frame)];
        var run = Listen([proposals], ends: false);
        Assert.AreEqual(NegotiationFailure.Unsupported, run.Failure!.Reason);
        Assert.HasCount(20 + (100 * MultistreamProtocol.NotAvailableFrame.Length), run.Output);
    }

    [TestMethod]
    public void A_dialer_makes_a_hundred_proposals_and_no_more()
    {
        var proposals = Enumerable.Range(0, 200).Select(i => $"/p/{i}").ToArray();
        byte[] refusals = [.. MultistreamProtocol.HeaderFrame, .. Enumerable.Repeat("\x03na\n"u8.ToArray(), 1000).SelectMany(frame => frame)];
        var run = Dial(proposals, refusals.Chunk(4), ends: false);
        Assert.AreEqual(NegotiationFailure.Unsupported, run.Failure!.Reason);
        Assert.DoesNotContain("/p/100\n", Encoding.UTF8.GetString(run.Output));
        Assert.Contains("/p/99\n", Encoding.UTF8.GetString(run.Output));
    }

    [TestMethod]
    public void A_megabyte_of_refusals_costs_one_frame_of_memory()
    {
        var machine = new MultistreamDialer(["/a"]);
        machine.TryTransmit(new ArrayBufferWriter<byte>());
        byte[] refusals = [.. MultistreamProtocol.HeaderFrame, .. Enumerable.Repeat("\x03na\n"u8.ToArray(), 250_000).SelectMany(frame => frame)];
        Assert.AreEqual(OperationStatus.InvalidData, machine.Receive(refusals, out _));
        Assert.AreEqual(NegotiationFailure.Unsupported, machine.Failure!.Reason);
        Assert.AreEqual(OperationStatus.InvalidData, machine.Receive(refusals, out var consumed));
        Assert.AreEqual(0, consumed);
    }

    [TestMethod]
    public void A_list_request_is_refused_and_the_negotiation_goes_on()
    {
        var run = Listen([[.. MultistreamProtocol.HeaderFrame, .. "\x03ls\n\x07/noise\n"u8]], ends: false);
        Assert.AreEqual("/noise", run.Agreed?.Value);
        Assert.AreEqual("\x13/multistream/1.0.0\n\x03na\n\x07/noise\n", Encoding.UTF8.GetString(run.Output));
    }

    [TestMethod]
    public void Simultaneous_open_is_refused()
    {
        var run = Listen([[.. MultistreamProtocol.HeaderFrame, 0x1d, .. "/libp2p/simultaneous-connect\n"u8]], ends: true);
        Assert.AreEqual("\x13/multistream/1.0.0\n\x03na\n", Encoding.UTF8.GetString(run.Output));
    }

    [TestMethod]
    public void A_listener_that_serves_everything_refuses_what_cannot_be_echoed()
    {
        var machine = new MultistreamListener(_ => true);
        Assert.AreEqual(OperationStatus.NeedMoreData, machine.Receive([.. MultistreamProtocol.HeaderFrame, .. "\x05/a\nb\n"u8, 0x01, 0x0a, 0x03, 0xff, 0xfe, 0x0a], out _));
        Assert.AreEqual(OperationStatus.Done, machine.Receive("\x03/b\n"u8, out _));
        Assert.AreEqual("/b", machine.Agreed?.Value);
    }

    [TestMethod]
    [TestCategory("Property")]
    public void Both_machines_agree_on_the_first_common_name_however_the_bytes_are_cut()
    {
        Gen.Select(Gen.Int[0, 7].Array[1, 8], Gen.Int[0, 7].Array[0, 8], Gen.Int[1, 40].Array[1, 30])
            .Sample((wanted, served, cuts) =>
            {
                var proposals = wanted.Select(i => new ProtocolId($"/p/{i}")).ToArray();
                var dialer = new MultistreamDialer(proposals);
                var listener = new MultistreamListener(id => served.Any(i => id == $"/p/{i}"));
                var (toListener, toDialer) = (new Queue<byte>(), new Queue<byte>());
                for (var step = 0; step < 2000 && dialer.Failure is null && (dialer.Agreed is null || listener.Agreed is null); step++)
                {
                    Transmit(dialer.TryTransmit, toListener);
                    var cut = cuts[step % cuts.Length];
                    listener.Receive(Dequeue(toListener, cut), out _);
                    Transmit(listener.TryTransmit, toDialer);
                    dialer.Receive(Dequeue(toDialer, cut), out _);
                }

                var common = proposals.Where(id => served.Any(i => id == $"/p/{i}")).Select(id => (ProtocolId?)id).FirstOrDefault();
                return dialer.Agreed == common && listener.Agreed == common && (common is null) == (dialer.Failure?.Reason == NegotiationFailure.Unsupported);
            }, iter: 2000);
    }

    private static void Transmit(Func<IBufferWriter<byte>, bool> transmit, Queue<byte> queue)
    {
        var output = new ArrayBufferWriter<byte>();
        transmit(output);
        foreach (var b in output.WrittenSpan)
            queue.Enqueue(b);
    }

    private static byte[] Dequeue(Queue<byte> queue, int most)
    {
        var bytes = new byte[Math.Min(most, queue.Count)];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = queue.Dequeue();
        return bytes;
    }

    /// <summary>The whole, every cut into two, and byte by byte.</summary>
    private static IEnumerable<byte[][]> Cuts(byte[] input)
    {
        yield return [input];
        yield return [.. input.Chunk(1)];
        for (var cut = 1; cut < input.Length; cut++)
            yield return [input[..cut], input[cut..]];
    }

    private static Run Listen(IEnumerable<byte[]> pieces, bool ends)
    {
        var machine = new MultistreamListener(id => ListenerProtocols.Contains(id));
        return Drive(pieces, ends, machine.Receive, machine.TryTransmit, machine.HandleEnd, () => machine.Agreed, () => machine.Failure, first: false);
    }

    private static Run Dial(string[] proposals, IEnumerable<byte[]> pieces, bool ends)
    {
        var machine = new MultistreamDialer([.. proposals.Select(name => new ProtocolId(name))]);
        return Drive(pieces, ends, machine.Receive, machine.TryTransmit, machine.HandleEnd, () => machine.Agreed, () => machine.Failure, first: true);
    }

    private static Run Drive(
        IEnumerable<byte[]> pieces, bool ends, Receive receive, Func<IBufferWriter<byte>, bool> transmit, Action end, Func<ProtocolId?> agreed, Func<NegotiationException?> failure, bool first)
    {
        var output = new ArrayBufferWriter<byte>();
        var leftover = new List<byte>();
        if (first)
            transmit(output);
        foreach (var piece in pieces)
        {
            if (failure() is not null)
                break;
            var rest = piece.AsSpan();
            if (agreed() is null)
            {
                var status = receive(piece, out var consumed);
                if (status == OperationStatus.NeedMoreData)
                    Assert.AreEqual(piece.Length, consumed);
                Assert.AreEqual(status == OperationStatus.Done, agreed() is not null);
                Assert.AreEqual(status == OperationStatus.InvalidData, failure() is not null);
                transmit(output);
                rest = rest[consumed..];
            }

            leftover.AddRange(rest);
        }

        if (ends && agreed() is null)
            end();
        return new Run(agreed(), failure(), output.WrittenSpan.ToArray(), [.. leftover]);
    }

    private delegate OperationStatus Receive(ReadOnlySpan<byte> input, out int consumed);

    private sealed record Run(ProtocolId? Agreed, NegotiationException? Failure, byte[] Output, byte[] Leftover);
}
