using PeerNet.Core.Errors;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>
/// Thrown by a handler to refuse a request without an answer: the stream is reset with a code, which go and this stack can read. What the peer
/// is to understand belongs into the response instead.
/// </summary>
public sealed class RequestRefusedException : PeerNetException
{
    /// <summary>Refuses with a code; see <see cref="ErrorCodes"/>.</summary>
    public RequestRefusedException(uint code = ErrorCodes.StreamRateLimited)
        : base($"The request is refused (code 0x{code:x}).") => Code = code;

    /// <summary>The code that the peer gets.</summary>
    public uint Code { get; }
}
