using PeerNet.Core.Wire;

namespace PeerNet.Protocols.Identify;

/// <summary>Why a peer's identify message was not taken.</summary>
public enum IdentifyFaultKind
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A frame is too long, cut off, or no frame.</summary>
    Framing,

    /// <summary>A frame holds no identify message, or one out of all proportion.</summary>
    Malformed,

    /// <summary>More frames than are merged.</summary>
    TooManyFrames,

    /// <summary>The peer ended the stream without a message.</summary>
    Empty,

    /// <summary>The message has no key, or one that does not parse.</summary>
    NoKey,

    /// <summary>The key is not the one that the connection was secured with.</summary>
    OtherKey,
}

/// <summary>Why a peer's identify message was not taken, and the detail.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Detail">The detail; empty where there is none.</param>
public readonly record struct IdentifyFault(IdentifyFaultKind Kind, string Detail)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsNone => Kind == IdentifyFaultKind.None;

    /// <summary>The short word that metrics and whoever judges peers go by.</summary>
    public string Word => Kind switch
    {
        IdentifyFaultKind.None => "none",
        IdentifyFaultKind.TooManyFrames => "flood",
        IdentifyFaultKind.Empty => "empty",
        IdentifyFaultKind.NoKey or IdentifyFaultKind.OtherKey => "forged-key",
        _ => "malformed",
    };

    /// <summary>The fault of a frame that could not be read.</summary>
    internal static IdentifyFault Of(Frame frame)
        => frame.IsEnd ? new IdentifyFault(IdentifyFaultKind.Empty, "") : new IdentifyFault(IdentifyFaultKind.Framing, $"the peer {frame.Describe()}");

    /// <inheritdoc />
    public override string ToString() => Kind switch
    {
        IdentifyFaultKind.None => "no fault",
        IdentifyFaultKind.TooManyFrames => $"the message has more than {IdentifyProtocol.MaxFrames} frames",
        IdentifyFaultKind.Empty => "the peer ended the stream without a message",
        IdentifyFaultKind.NoKey => "the message has no key",
        IdentifyFaultKind.OtherKey => "the key in the message is not the connection's",
        _ => Detail,
    };
}
