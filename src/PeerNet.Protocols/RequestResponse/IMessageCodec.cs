using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>Turns messages of one type into bytes and back. Thread-safe.</summary>
/// <typeparam name="T">The type.</typeparam>
public interface IMessageCodec<T>
{
    /// <summary>Writes a message.</summary>
    void Encode(T message, IBufferWriter<byte> output);

    /// <summary>Reads a whole message; false when a peer's bytes are none. Must not throw on any bytes, nor take more memory than they justify.</summary>
    bool TryDecode(ReadOnlySpan<byte> bytes, [MaybeNullWhen(false)] out T message);
}
