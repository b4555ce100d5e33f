using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Resources;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>A live connection whose peer is a script: it writes frames byte by byte and sees every frame that comes back.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly PlainSecureConnection _secure;
    private readonly List<byte> _received = [];
    private uint _sync = 0xFEED_0000;

    public ScriptedPeer(Direction live = Direction.Inbound, YamuxOptions? options = null, IConnectionScope? scope = null, PlainFraming? framing = null, int capacity = 4 * 1024 * 1024)
    {
        var (dialer, listener) = MemoryConnections.CreateSecurePair(framing, capacity);
        var own = live == Direction.Outbound ? dialer : listener;
        _secure = live == Direction.Outbound ? listener : dialer;
        Raw = (MemoryRawConnection)_secure.Raw;
        Live = YamuxPair.Start(own, live, options, Time, scope);
    }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>The connection under test.</summary>
    public YamuxConnection Live { get; }

    /// <summary>The script's end of the pipe.</summary>
    public MemoryRawConnection Raw { get; }

    /// <summary>Sends plaintext, in secure frames of this many bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, int frameBytes = 16 * 1024)
    {
        for (var offset = 0; offset < bytes.Length; offset += frameBytes)
        {
            var part = bytes.Slice(offset, Math.Min(frameBytes, bytes.Length - offset));
            var frame = new byte[_secure.FramePrefixBytes + part.Length + _secure.FrameSuffixBytes];
            part.CopyTo(frame.AsMemory(_secure.FramePrefixBytes));
            _secure.Seal(frame, part.Length);
            await _secure.SendAsync(frame).ConfigureAwait(false);
        }
    }

    public Task SendAsync(string hex) => SendAsync(Convert.FromHexString(hex));

    public Task SendAsync(YamuxFrameType type, YamuxFlags flags, uint id, uint length) => SendAsync(Frame(type, flags, id, length));

    public Task SendDataAsync(uint id, ReadOnlySpan<byte> body, YamuxFlags flags = YamuxFlags.None)
        => SendAsync((byte[])[.. Frame(YamuxFrameType.Data, flags, id, (uint)body.Length), .. body]);

    public static byte[] Frame(YamuxFrameType type, YamuxFlags flags, uint id, uint length)
    {
        var bytes = new byte[YamuxProtocol.HeaderBytes];
        new YamuxHeader(type, flags, id, length).Encode(bytes);
        return bytes;
    }

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<YamuxHeader?> ReadFrameAsync()
    {
        if (!await FillAsync(YamuxProtocol.HeaderBytes).ConfigureAwait(false))
            return null;
        Assert.IsTrue(YamuxHeader.TryDecode(_received.Take(YamuxProtocol.HeaderBytes).ToArray(), out var header));
        var body = header.Type == YamuxFrameType.Data ? (int)header.Length : 0;
        if (!await FillAsync(YamuxProtocol.HeaderBytes + body).ConfigureAwait(false))
            return null;
        LastBody = _received.Skip(YamuxProtocol.HeaderBytes).Take(body).ToArray();
        _received.RemoveRange(0, YamuxProtocol.HeaderBytes + body);
        return header;
    }

    /// <summary>The body of the frame read last.</summary>
    public byte[] LastBody { get; private set; } = [];

    /// <summary>Reads until a frame fits.</summary>
    public async Task<YamuxHeader> ReadUntilAsync(Func<YamuxHeader, bool> fits)
    {
        while (await ReadFrameAsync().ConfigureAwait(false) is { } header)
        {
            if (fits(header))
                return header;
        }

        throw new AssertFailedException("The connection ended before the frame came.");
    }

    /// <summary>Reads to the end of the connection.</summary>
    public async Task<List<YamuxHeader>> ReadToEndAsync()
    {
        var frames = new List<YamuxHeader>();
        while (await ReadFrameAsync().ConfigureAwait(false) is { } header)
            frames.Add(header);
        return frames;
    }

    /// <summary>Sees to it that all that was sent is handled, and answers the frames that came; own pings are answered and left out.</summary>
    public async Task<List<YamuxHeader>> SyncAsync()
    {
        var value = _sync++;
        await SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, value).ConfigureAwait(false);
        var frames = new List<YamuxHeader>();
        while (true)
        {
            var header = await ReadFrameAsync().ConfigureAwait(false) ?? throw new AssertFailedException("The connection ended.");
            if (header is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Ack } && header.Length == value)
                return frames;
            if (header is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Syn })
                await SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, header.Length).ConfigureAwait(false);
            else
                frames.Add(header);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Live.DisposeAsync().ConfigureAwait(false);
        await _secure.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> FillAsync(int count)
    {
        while (_received.Count < count)
        {
            try
            {
                var slice = await _secure.ReceiveAsync().AsTask().WaitAsync(Deadline).ConfigureAwait(false);
                if (slice.IsEmpty)
                    return false;
                _received.AddRange(slice.Span);
                slice.Release();
            }
            catch (IOException)
            {
                return false;
            }
        }

        return true;
    }
}
