using PeerNet.Core.Connections;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>Frames of Noise's size, everything in large pieces.</summary>
[TestClass]
public sealed class YamuxConformanceTests : MuxerConformance
{
    protected override Task<(MuxedConnection Dialer, MuxedConnection Listener)> CreatePairAsync()
    {
        var (dialer, listener) = YamuxPair.Create();
        return Task.FromResult<(MuxedConnection, MuxedConnection)>((dialer, listener));
    }
}

/// <summary>Secure frames of 1,000 bytes with odd margins over a pipe of 3,000 bytes: every Yamux frame is cut many times.</summary>
[TestClass]
public sealed class YamuxOverNarrowFramesConformanceTests : MuxerConformance
{
    protected override Task<(MuxedConnection Dialer, MuxedConnection Listener)> CreatePairAsync()
    {
        var (dialer, listener) = YamuxPair.Create(new PlainFraming(PrefixBytes: 7, SuffixBytes: 3, MaxPlaintext: 1000), capacity: 3000);
        return Task.FromResult<(MuxedConnection, MuxedConnection)>((dialer, listener));
    }
}
