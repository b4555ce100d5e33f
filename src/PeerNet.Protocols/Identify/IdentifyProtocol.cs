using PeerNet.Core;
using PeerNet.Core.Wire;

namespace PeerNet.Protocols.Identify;

/// <summary>Names and numbers of identify (libp2p specs identify/README.md, 3A r1).</summary>
public static class IdentifyProtocol
{
    // Specification.

    /// <summary>A peer asks: the responder tells who it is, and ends the stream.</summary>
    public static ProtocolId Identify { get; } = "/ipfs/id/1.0.0";

    /// <summary>A peer tells, unasked, that its addresses or protocols have changed.</summary>
    public static ProtocolId Push { get; } = "/ipfs/id/push/1.0.0";

    // Implementation limits.

    /// <summary>The longest frame read; go and js send up to this.</summary>
    public const int MaxReceivedFrameBytes = 8192;

    /// <summary>The longest frame sent; rust reads no longer one.</summary>
    public const int MaxSentFrameBytes = 4096;

    /// <summary>A first frame that would grow above this with the signed record leaves it to a second one, as go does.</summary>
    public const int SplitBytes = 2048;

    /// <summary>Frames merged into one message; go and js merge as many.</summary>
    public const int MaxFrames = 10;

    /// <summary>Addresses taken from one peer; go keeps as many while connected. Further ones are left out.</summary>
    public const int MaxAddresses = 500;

    /// <summary>Protocols taken from one peer. Further ones are left out.</summary>
    public const int MaxProtocols = 1024;

    /// <summary>The longest agent or protocol version kept, in characters; the rest is cut off.</summary>
    public const int MaxVersionLength = 256;

    /// <summary>The longest signed record looked at, in bytes; go's bound. A longer one counts as none.</summary>
    public const int MaxRecordBytes = 8192;

    /// <summary>
    /// What one frame may hold before it is parsed. Addresses and protocols of a frame are bounded well above what fits usefully into one, and
    /// well below what empty entries make of it; over the whole message the merge bounds them again.
    /// </summary>
    internal static MessageShape FrameShape { get; } = new(
        maxEntries: 2 * MaxProtocols,
        FieldShape.Bytes(1, MaxReceivedFrameBytes),
        FieldShape.Bytes(2, MaxReceivedFrameBytes, MaxProtocols),
        FieldShape.Bytes(3, MaxReceivedFrameBytes, MaxProtocols),
        FieldShape.Bytes(4, MaxReceivedFrameBytes),
        FieldShape.Bytes(5, MaxReceivedFrameBytes),
        FieldShape.Bytes(6, MaxReceivedFrameBytes),
        FieldShape.Bytes(8, MaxReceivedFrameBytes));
}
