using PeerNet.Core.Errors;

namespace PeerNet.Core.Wire;

/// <summary>
/// The outcome of reading one length-prefixed frame. A peer's fault is a value here, not an exception: a server looks at
/// <see cref="Status"/>, a caller that waits for an answer uses <see cref="Require"/>.
/// </summary>
/// <param name="Status">How the read went.</param>
/// <param name="Message">The message without its prefix; valid until the next read of the same reader. Empty unless there is one.</param>
/// <param name="AnnouncedBytes">The length that the prefix announced, where it was read.</param>
public readonly record struct Frame(FrameStatus Status, ReadOnlyMemory<byte> Message, ulong AnnouncedBytes)
{
    /// <summary>Whether there is a message.</summary>
    public bool IsMessage => Status == FrameStatus.Message;

    /// <summary>Whether the peer ended its direction between two frames.</summary>
    public bool IsEnd => Status == FrameStatus.End;

    /// <summary>Whether the peer broke the framing: nothing more can be read, the stream is to be reset.</summary>
    public bool IsViolation => Status is FrameStatus.TooLong or FrameStatus.Malformed or FrameStatus.Truncated;

    /// <summary>What the peer did, for a violation or a missing message.</summary>
    public string Describe() => Status switch
    {
        FrameStatus.Message => $"sent a message of {Message.Length} bytes",
        FrameStatus.End => "ended the stream where a message was expected",
        FrameStatus.TooLong => $"announced a message of {AnnouncedBytes} bytes, which is above the limit",
        FrameStatus.Malformed => "sent a length prefix that is no varint",
        _ => "ended the stream inside a message",
    };

    /// <summary>The message, or an error that says what the peer did instead of sending one.</summary>
    /// <exception cref="ProtocolViolationException">The peer ended the stream or broke the framing.</exception>
    public ReadOnlyMemory<byte> Require(ProtocolId protocol)
        => IsMessage ? Message : throw new ProtocolViolationException(protocol.Value, $"the peer {Describe()}.");
}
