using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>One session, driven by hand.</summary>
internal sealed class SessionHarness
{
    private FrameCutter _cutter;
    private YamuxStreamState? _bodyStream;

    public SessionHarness(bool isInitiator, YamuxOptions? options = null, IResourceScope? budget = null)
        => Session = new YamuxSession(isInitiator, options ?? new YamuxOptions(), budget ?? UnlimitedResources.Connection, Now);

    public YamuxSession Session { get; }

    public Instant Now { get; set; } = new(1_000_000_000);

    /// <summary>Streams that the peer opened, in order.</summary>
    public List<YamuxStreamState> Opened { get; } = [];

    public Dictionary<uint, YamuxStreamState> Streams { get; } = [];

    /// <summary>Body bytes that reached each stream.</summary>
    public Dictionary<uint, long> Received { get; } = [];

    /// <summary>Whether streams are accepted as they come.</summary>
    public bool Accepts { get; init; } = true;

    public bool HasEnded => Session.Violation != YamuxViolation.None || Session.PeerGoAway is not null;

    public YamuxStreamState Open()
    {
        var stream = Session.TryOpen(Now);
        Assert.IsNotNull(stream);
        Streams.Add(stream.Id, stream);
        return stream;
    }

    public FrameEffects Receive(YamuxHeader header)
    {
        var bytes = new byte[YamuxProtocol.HeaderBytes];
        header.Encode(bytes);
        return Receive(bytes, out _);
    }

    public FrameEffects Receive(YamuxFrameType type, YamuxFlags flags, uint id, uint length) => Receive(new YamuxHeader(type, flags, id, length));

    /// <summary>Bytes as they come, in pieces of any size. False once the session has failed.</summary>
    public bool ReceiveBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> header = stackalloc byte[YamuxProtocol.HeaderBytes];
        while (true)
        {
            switch (_cutter.Next(ref bytes, header, out var body))
            {
                case FramePiece.Header:
                    if ((Receive(header, out var decoded) & FrameEffects.Violation) != 0)
                        return false;
                    if (decoded.Type == YamuxFrameType.Data)
                        _cutter.BeginBody(decoded.Length);
                    break;
                case FramePiece.Body:
                    if (_bodyStream is { } stream)
                        Received[stream.Id] = Received.GetValueOrDefault(stream.Id) + body;
                    break;
                default:
                    return true;
            }
        }
    }

    /// <summary>All control frames that are due.</summary>
    public List<YamuxHeader> Take()
    {
        var bytes = new byte[64 * YamuxProtocol.HeaderBytes];
        var frames = new List<YamuxHeader>();
        while (Session.TakeControlFrames(bytes, Now) is > 0 and var count)
        {
            for (var i = 0; i < count; i += YamuxProtocol.HeaderBytes)
            {
                Assert.IsTrue(YamuxHeader.TryDecode(bytes.AsSpan(i), out var header));
                frames.Add(header);
            }
        }

        return frames;
    }

    private FrameEffects Receive(ReadOnlySpan<byte> bytes, out YamuxHeader header)
    {
        Session.OnReceived(Now);
        var effects = Session.Receive(bytes, Now, out header, out var stream);
        if ((effects & FrameEffects.Opened) != 0)
        {
            Opened.Add(stream!);
            Streams[stream!.Id] = stream;
            if (Accepts)
            {
                Session.Accept(stream);
                Session.RequestOpening(stream);
            }
        }

        _bodyStream = (effects & FrameEffects.Body) != 0 ? stream : null;
        return effects;
    }
}
