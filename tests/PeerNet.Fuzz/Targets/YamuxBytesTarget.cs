using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.Fuzz.Targets;

/// <summary>Any bytes from a peer: the same whatever way they are cut, and never more state than the limits allow.</summary>
public sealed class YamuxBytesTarget : IFuzzTarget
{
    public static string Name => "yamux-bytes";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var whole = Receive(data, data.Length);
        Oracle.Require(Receive(data, 1).SequenceEqual(whole), "single bytes say the same");
        Oracle.Require(Receive(data, 7).SequenceEqual(whole), "pieces of seven say the same");
    }

    private static List<(YamuxHeader, FrameEffects)> Receive(ReadOnlySpan<byte> data, int pieceBytes)
    {
        var options = new YamuxOptions { MaxInboundStreams = 8, MaxUnacceptedStreams = 4 };
        var now = new Instant(1_000_000_000);
        var session = new YamuxSession(isInitiator: true, options, UnlimitedResources.Connection, now);
        var own = session.TryOpen(now)!;
        session.RequestOpening(own);
        var cutter = new FrameCutter();
        var trace = new List<(YamuxHeader, FrameEffects)>();
        Span<byte> header = stackalloc byte[YamuxProtocol.HeaderBytes];
        Span<byte> control = stackalloc byte[4 * YamuxProtocol.HeaderBytes];
        for (var offset = 0; offset < data.Length; offset += pieceBytes)
        {
            var piece = data.Slice(offset, Math.Min(pieceBytes, data.Length - offset));
            while (cutter.Next(ref piece, header, out _) is not FramePiece.None and var found)
            {
                if (found == FramePiece.Body)
                    continue;
                var effects = session.Receive(header, now, out var decoded, out var stream);
                trace.Add((decoded, effects));
                if ((effects & FrameEffects.Violation) != 0)
                {
                    Oracle.Require(session.Violation != YamuxViolation.None, "a violation has a name");
                    return trace;
                }

                if (decoded.Type == YamuxFrameType.Data)
                    cutter.BeginBody(decoded.Length);
                if ((effects & FrameEffects.Body) != 0 && session.Consume(stream!, (int)decoded.Length))
                    session.Grant(stream!, now);
                if ((effects & FrameEffects.Opened) != 0 && decoded.StreamId % 3 == 0)
                    session.Accept(stream!);
                if (trace.Count % 5 == 0)
                    session.TakeControlFrames(control, now);
                Oracle.Require(session.StreamCount <= 9, "streams are bounded");
            }
        }

        return trace;
    }
}
