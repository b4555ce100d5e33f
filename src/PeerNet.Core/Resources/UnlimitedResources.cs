using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Core.Resources;

/// <summary>A resource manager that refuses nothing: for tests of single layers and for tools that trust their peer.</summary>
public sealed class UnlimitedResources : IResourceManager
{
    /// <summary>The one instance.</summary>
    public static UnlimitedResources Instance { get; } = new();

    /// <summary>A scope that refuses nothing.</summary>
    public static IConnectionScope Connection { get; } = new Scope();

    private static readonly Scope Shared = new();

    private UnlimitedResources()
    {
    }

    /// <inheritdoc />
    public bool TryOpenConnection(Direction direction, bool usesFileDescriptor, Multiaddress remote, out IConnectionScope? scope, out ResourceRefusal refusal)
    {
        scope = Shared;
        refusal = default;
        return true;
    }

    /// <inheritdoc />
    public bool TryOpenStream(PeerId peer, Direction direction, out IStreamScope? scope, out ResourceRefusal refusal)
    {
        scope = Shared;
        refusal = default;
        return true;
    }

    private sealed class Scope : IConnectionScope, IStreamScope
    {
        public bool TryReserveMemory(long bytes, out ResourceRefusal refusal)
        {
            refusal = default;
            return true;
        }

        public void ReleaseMemory(long bytes)
        {
        }

        public bool TrySetPeer(PeerId peer, out ResourceRefusal refusal)
        {
            refusal = default;
            return true;
        }

        public bool TrySetProtocol(ProtocolId protocol, out ResourceRefusal refusal)
        {
            refusal = default;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
