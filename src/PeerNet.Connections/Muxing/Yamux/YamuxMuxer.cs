using PeerNet.Core;
using PeerNet.Core.Connections;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>The multiplexer <c>/yamux/1.0.0</c>. Thread-safe.</summary>
/// <param name="options">Limits and times of its connections.</param>
public sealed class YamuxMuxer(YamuxOptions? options = null) : IMuxer
{
    private readonly YamuxOptions _options = options ?? new YamuxOptions();

    /// <inheritdoc />
    public ProtocolId Id => YamuxProtocol.Id;

    /// <inheritdoc />
    public MuxedConnection Create(SecureConnection secure, MuxerContext context)
    {
        ArgumentNullException.ThrowIfNull(secure);
        ArgumentNullException.ThrowIfNull(context);
        return new YamuxConnection(secure, context, _options);
    }
}
