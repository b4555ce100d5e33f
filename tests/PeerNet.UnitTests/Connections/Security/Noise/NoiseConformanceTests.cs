using PeerNet.Connections.Security.Noise;
using PeerNet.Core.Connections;
using PeerNet.Identity;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Security.Noise;

[TestClass]
public sealed class NoiseConformanceTests : SecurityConformance
{
    protected override ISecurityProtocol Create(PrivateKey identity) => new NoiseProtocol(identity, pool: Pool);
}
