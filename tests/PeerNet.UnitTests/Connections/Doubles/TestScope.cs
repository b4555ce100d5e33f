using PeerNet.Core.Resources;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Connections.Doubles;

/// <summary>A scope that remembers, and refuses where it is told to.</summary>
internal sealed class TestScope : IConnectionScope
{
    private int _disposals;

    public bool RefusesPeer { get; init; }

    public PeerId? Peer { get; private set; }

    public bool IsDisposed => Volatile.Read(ref _disposals) > 0;

    public bool TrySetPeer(PeerId peer, out ResourceRefusal refusal)
    {
        refusal = new ResourceRefusal("peer", "connections.inbound", 8, 1, 8);
        Peer = peer;
        return !RefusesPeer;
    }

    public bool TryReserveMemory(long bytes, out ResourceRefusal refusal)
    {
        refusal = default;
        return true;
    }

    public void ReleaseMemory(long bytes)
    {
    }

    public void Dispose() => Interlocked.Increment(ref _disposals);
}
