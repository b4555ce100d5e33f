using PeerNet.Core.Connections;
using PeerNet.Core.Time;
using PeerNet.Core.Wire;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Rpc;

/// <summary>The stream to one peer that requests go over, one after the other. Whoever holds the gate owns the stream.</summary>
internal sealed class KadChannel(PeerId peer) : IDisposable
{
    private PeerStream? _stream;

    public PeerId Peer { get; } = peer;

    /// <summary>One request at a time: an answer belongs to a request by its order only.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Requests that use the channel or wait for it; changed under the client's lock.</summary>
    public int Users { get; set; }

    /// <summary>When the last user left; changed under the client's lock.</summary>
    public Instant LastUsed { get; set; }

    /// <summary>The open stream; null when there is none, or when it has ended.</summary>
    public PeerStream? Stream => _stream is { Closed.IsCompleted: false } ? _stream : null;

    /// <summary>Reads the stream's frames.</summary>
    public FrameReader? Reader { get; private set; }

    public void Open(PeerStream stream)
    {
        Close();
        _stream = stream;
        Reader = new FrameReader(stream);
    }

    /// <summary>Ends the stream in good order.</summary>
    public void Close() => End(reset: false);

    /// <summary>Ends the stream: an answer may be under way that nobody waits for.</summary>
    public void Abandon() => End(reset: true);

    /// <summary>Makes what waits on the stream fail. From any thread.</summary>
    public void Interrupt() => _stream?.Reset();

    public void Dispose()
    {
        Close();
        Gate.Dispose();
    }

    private void End(bool reset)
    {
        Reader?.Dispose();
        Reader = null;
        if (_stream is null)
            return;
        if (reset)
            _stream.Reset();
        _stream.Dispose();
        _stream = null;
    }
}
