using PeerNet.Identity.Primitives;

namespace PeerNet.Connections.Security.PrivateNetwork;

/// <summary>One direction's keystream, continuous over messages of any length. One thread at a time.</summary>
internal sealed class XSalsa20Stream(PrivateNetworkKey key, ReadOnlyMemory<byte> nonce)
{
    private ulong _position;

    /// <summary>Encrypts or decrypts the next bytes, which is the same. Input and output may be the same memory.</summary>
    public void Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var begun = (int)(_position % XSalsa20.BlockBytes);
        var block = _position / XSalsa20.BlockBytes;
        _position += (ulong)input.Length;
        if (begun != 0)
        {
            // The cipher starts at whole blocks: what is left of a begun one is taken by way of a copy.
            var head = Math.Min(XSalsa20.BlockBytes - begun, input.Length);
            Span<byte> whole = stackalloc byte[XSalsa20.BlockBytes];
            whole.Clear();
            input[..head].CopyTo(whole[begun..]);
            XSalsa20.Xor(key.Bytes, nonce.Span, block, whole, whole);
            whole.Slice(begun, head).CopyTo(output);
            input = input[head..];
            output = output[head..];
            block++;
        }

        if (!input.IsEmpty)
            XSalsa20.Xor(key.Bytes, nonce.Span, block, input, output);
    }
}
