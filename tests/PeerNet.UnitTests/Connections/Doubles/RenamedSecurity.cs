using PeerNet.Core;
using PeerNet.Core.Connections;

namespace PeerNet.UnitTests.Connections.Doubles;

/// <summary>A security protocol under another name, and without early multiplexers where told so, as rust-libp2p has it.</summary>
internal sealed class RenamedSecurity(ISecurityProtocol inner, string id, bool offersMuxers = true) : ISecurityProtocol
{
    public ProtocolId Id => id;

    public ValueTask<SecureConnection> SecureAsync(RawConnection raw, SecurityContext context, CancellationToken token)
        => inner.SecureAsync(raw, offersMuxers ? context : context with { Muxers = [] }, token);
}
