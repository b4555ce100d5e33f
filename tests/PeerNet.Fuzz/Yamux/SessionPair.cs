using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.Fuzz.Yamux;

/// <summary>
/// Two sessions and the two wires between them, driven by a list of operations, two bytes each. After every operation the model checks what
/// holds at all times, above all that each byte of credit is in exactly one place; at the end it lets everything arrive and checks that
/// nothing is left over.
/// </summary>
internal sealed class SessionPair
{
    private const int OperationsPerCheck = 8;

    private readonly End[] _ends;
    private Instant _now = new(1_000_000_000);

    private SessionPair()
    {
        var options = new YamuxOptions { MaxStreamWindowBytes = 2 * 1024 * 1024, MaxConnectionWindowBytes = 8 * 1024 * 1024, MaxInboundStreams = 300 };
        _ends = [new End(new YamuxSession(true, options, UnlimitedResources.Connection, _now)), new End(new YamuxSession(false, options, UnlimitedResources.Connection, _now))];
    }

    /// <summary>Runs a list of operations.</summary>
    public static void Run(ReadOnlySpan<byte> operations)
    {
        var pair = new SessionPair();
        for (var i = 0; i + 1 < operations.Length; i += 2)
        {
            pair.Do(operations[i], operations[i + 1]);
            if (i % (2 * OperationsPerCheck) == 0)
                pair.CheckCredit();
        }

        pair.Settle();
    }

    private void Do(byte operation, byte argument)
    {
        var end = _ends[operation & 1];
        switch ((operation >> 1) % 11)
        {
            case 0:
                if (end.Session.TryOpen(_now) is { } opened)
                    end.Streams.Add(opened.Id, new Half(opened));
                break;
            case 1:
                Write(end, argument, 1 + argument);
                break;
            case 2:
                Write(end, argument, 16 * 1024);
                break;
            case 3:
                Read(end, argument, 200);
                break;
            case 4:
                Read(end, argument, int.MaxValue);
                break;
            case 5:
                if (end.Pick(argument) is { } finished)
                    end.Session.CloseWrite(finished.State);
                break;
            case 6:
                if (end.Pick(argument) is { } unread)
                    CloseRead(end, unread);
                break;
            case 7:
                if (argument % 4 == 0 && end.Pick(argument) is { } reset)
                    Reset(end, reset, (uint)argument);
                break;
            case 8:
                Accept(end);
                break;
            case 9:
                Take(end);
                Deliver(end, 1 + argument % 8);
                break;
            default:
                _now += TimeSpan.FromMilliseconds(argument);
                break;
        }
    }

    private static void Write(End end, byte pick, int bytes)
    {
        if (end.Pick(pick) is not { } half || !half.State.CanSend)
            return;
        bytes = (int)Math.Min((uint)bytes, half.State.SendWindow.Available);
        if (bytes == 0)
            return;
        end.Wire.Enqueue(end.Session.StartData(half.State, bytes));
        half.Sent += bytes;
    }

    private void Read(End end, byte pick, int limit)
    {
        if (end.Pick(pick) is not { } half)
            return;
        if (half.Buffered == 0)
        {
            end.Session.RequestOpening(half.State);
            if (half.State.ReceiveWindow.IsStarving)
                end.Session.OnReaderStarves(half.State, _now);
            return;
        }

        Consume(end, half, (int)Math.Min(half.Buffered, limit));
    }

    private void Consume(End end, Half half, int bytes)
    {
        half.Buffered -= bytes;
        if (!half.State.IsReset && end.Session.Consume(half.State, bytes))
            end.Session.Grant(half.State, _now);
    }

    private void CloseRead(End end, Half half)
    {
        end.Session.CloseRead(half.State, _now);
        half.IsUnread = true;
        Consume(end, half, (int)half.Buffered);
    }

    private static void Reset(End end, Half half, uint code)
    {
        end.Session.Reset(half.State, code);
        end.Streams.Remove(half.State.Id);
    }

    private static void Accept(End end)
    {
        if (!end.Unaccepted.TryDequeue(out var state))
            return;
        end.Session.Accept(state);
        end.Session.RequestOpening(state);
    }

    private void Take(End end)
    {
        Span<byte> bytes = stackalloc byte[3 * YamuxProtocol.HeaderBytes];
        while (end.Session.TakeControlFrames(bytes, _now) is > 0 and var count)
        {
            for (var i = 0; i < count; i += YamuxProtocol.HeaderBytes)
            {
                Oracle.Require(YamuxHeader.TryDecode(bytes[i..], out var header), "what is sent can be read");
                end.Wire.Enqueue(header);
            }
        }

        while (end.Session.TakeFinished() is { } state)
            Oracle.Require(state.IsFinished || state.IsReset, "only what has ended leaves");
    }

    /// <summary>Some frames of this end arrive at the other.</summary>
    private bool Deliver(End from, int limit)
    {
        var to = ReferenceEquals(from, _ends[0]) ? _ends[1] : _ends[0];
        Span<byte> bytes = stackalloc byte[YamuxProtocol.HeaderBytes];
        var count = 0;
        for (; count < limit && from.Wire.TryDequeue(out var sent); count++)
        {
            sent.Encode(bytes);
            to.Session.OnReceived(_now);
            var effects = to.Session.Receive(bytes, _now, out var header, out var state);
            Oracle.Require(header == sent, "a header reads as it was written");
            Oracle.Require((effects & FrameEffects.Violation) == 0, $"two honest ends do not quarrel: {to.Session.Violation}");
            if ((effects & FrameEffects.Opened) != 0)
            {
                to.Streams.Add(state!.Id, new Half(state));
                to.Unaccepted.Enqueue(state);
            }

            if ((effects & FrameEffects.Reset) != 0)
                to.Streams.Remove(header.StreamId);
            if ((effects & FrameEffects.Body) != 0)
                Receive(to, to.Streams[header.StreamId], (int)header.Length);
        }

        return count > 0;
    }

    private void Receive(End end, Half half, int bytes)
    {
        half.Buffered += bytes;
        half.Received += bytes;
        Oracle.Require(half.Buffered <= half.State.ReceiveWindow.Exposure, "no more is buffered than the window allows");
        if (half.IsUnread)
            Consume(end, half, bytes);
    }

    /// <summary>Credit that the receiver counts = credit that the sender has + data and updates on their way + grants not sent yet.</summary>
    private void CheckCredit()
    {
        for (var i = 0; i < 2; i++)
        {
            var (sender, receiver) = (_ends[i], _ends[1 - i]);
            var data = Sum(sender.Wire, YamuxFrameType.Data);
            var updates = Sum(receiver.Wire, YamuxFrameType.WindowUpdate);
            foreach (var (id, half) in receiver.Streams)
            {
                // Credit for a direction that has ended is dropped where the stream is known no more.
                if (half.State.RemoteFinished || !sender.Streams.TryGetValue(id, out var other) || other.State.IsFinished)
                    continue;
                var onTheWay = data.GetValueOrDefault(id) + updates.GetValueOrDefault(id);
                Oracle.Require(
                    half.State.ReceiveWindow.Credit == other.State.SendWindow.Available + onTheWay + half.State.GrantPending,
                    "each byte of credit is in exactly one place");
            }

            Oracle.Require(sender.Session.StreamCount <= 1000, "streams are bounded");
        }
    }

    private static Dictionary<uint, long> Sum(Queue<YamuxHeader> wire, YamuxFrameType type)
    {
        var sums = new Dictionary<uint, long>();
        foreach (var frame in wire)
        {
            if (frame.Type == type)
                sums[frame.StreamId] = sums.GetValueOrDefault(frame.StreamId) + frame.Length;
        }

        return sums;
    }

    private void Settle()
    {
        bool moved;
        do
        {
            moved = false;
            foreach (var end in _ends)
            {
                while (end.Unaccepted.Count > 0)
                    Accept(end);
                foreach (var half in end.Streams.Values)
                {
                    if (half.Buffered > 0)
                        Consume(end, half, (int)half.Buffered);
                }

                Take(end);
                moved |= Deliver(end, int.MaxValue);
            }
        }
        while (moved);
        CheckCredit();
        foreach (var (id, half) in _ends[0].Streams)
        {
            if (!_ends[1].Streams.TryGetValue(id, out var other))
                continue;
            Oracle.Require(half.Sent == other.Received && half.Received == other.Sent, "every byte arrives");
            Oracle.Require(half.State.LocalFinished == other.State.RemoteFinished && half.State.RemoteFinished == other.State.LocalFinished, "every end arrives");
        }

        foreach (var end in _ends)
        {
            var open = end.Streams.Values.Count(h => !h.State.IsFinished);
            Oracle.Require(end.Session.StreamCount == open, "what has ended is forgotten");
            Oracle.Require(!end.Session.HasControlDue, "nothing is left to say");
        }
    }

    private sealed class End(YamuxSession session)
    {
        public YamuxSession Session => session;

        public Queue<YamuxHeader> Wire { get; } = new();

        public SortedDictionary<uint, Half> Streams { get; } = [];

        public Queue<YamuxStreamState> Unaccepted { get; } = new();

        public Half? Pick(byte argument) => Streams.Count == 0 ? null : Streams.Values.ElementAt(argument % Streams.Count);
    }

    private sealed class Half(YamuxStreamState state)
    {
        public YamuxStreamState State => state;

        public long Sent { get; set; }

        public long Received { get; set; }

        public long Buffered { get; set; }

        public bool IsUnread { get; set; }
    }
}
