namespace PeerNet.Protocols.RequestResponse;

/// <summary>How a message is told from the end of the stream.</summary>
public enum MessageFraming
{
    /// <summary>A varint length, then the message: what libp2p's own protocols do.</summary>
    LengthPrefixed,

    /// <summary>The message alone; the end of the direction ends it. The ready-made codecs of rust-libp2p's request-response (JSON, CBOR) do this.</summary>
    UntilEnd,
}
