using PeerNet.Core;

namespace PeerNet.Connections.Security;

/// <summary>The choice of a multiplexer inside the security handshake (connections/inlined-muxer-negotiation.md).</summary>
internal static class EarlyMuxer
{
    /// <summary>
    /// The first of the initiator's that the responder has too; null leaves the choice to multistream-select. The specification would end the
    /// connection where two lists have nothing in common; go-libp2p falls back, and so do we.
    /// </summary>
    public static ProtocolId? Select(IReadOnlyList<ProtocolId> initiator, IReadOnlyList<ProtocolId> responder)
    {
        for (var i = 0; i < initiator.Count; i++)
        {
            for (var j = 0; j < responder.Count; j++)
            {
                if (initiator[i] == responder[j])
                    return initiator[i];
            }
        }

        return null;
    }
}
