using PeerNet.Connections.Security.Tls;
using PeerNet.Core.Connections;
using PeerNet.Identity;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Security.Tls;

[TestClass]
public sealed class TlsConformanceTests : SecurityConformance
{
    // One protocol per identity: a certificate costs more than a handshake.
    private readonly Dictionary<PrivateKey, TlsProtocol> _protocols = [];

    protected override bool ChoosesByInitiatorsOrder => false;

    protected override bool CoversEveryByte => false;

    protected override ISecurityProtocol Create(PrivateKey identity)
    {
        if (!_protocols.TryGetValue(identity, out var protocol))
            _protocols[identity] = protocol = new TlsProtocol(identity, Pool);
        return protocol;
    }

    /// <summary>A handshake takes milliseconds and has thousands of bytes: the first, the last, and a step through the rest.</summary>
    protected override IEnumerable<int> Positions(long handshakeBytes)
    {
        const int step = 97;
        for (var position = 0; position < handshakeBytes; position += position < 8 || position > handshakeBytes - 8 ? 1 : step)
            yield return position;
    }
}
