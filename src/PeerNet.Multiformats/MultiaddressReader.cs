using System.Buffers;

namespace PeerNet.Multiformats;

/// <summary>Walks the binary form component by component. Values are measured, not checked.</summary>
internal ref struct MultiaddressReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public readonly bool AtEnd => _position == _bytes.Length;

    public ulong Code { get; private set; }

    /// <summary>Null for an unknown code, whose value is all that is left.</summary>
    public MultiaddressProtocol? Protocol { get; private set; }

    public int ValueOffset { get; private set; }

    public readonly int ValueLength => _position - ValueOffset;

    public readonly ReadOnlySpan<byte> Value => _bytes[ValueOffset.._position];

    /// <summary>False when the bytes end inside a component or hold a varint that is not minimal.</summary>
    public bool TryReadNext()
    {
        if (Varint.TryRead(_bytes[_position..], out var code, out var consumed) != OperationStatus.Done)
            return false;
        _position += consumed;
        Code = code;
        Protocol = MultiaddressProtocol.Find(code);
        var left = _bytes.Length - _position;
        var length = Protocol?.Format.Size ?? left;
        if (length == ValueFormat.Variable)
        {
            if (Varint.TryRead(_bytes[_position..], out var announced, out consumed) != OperationStatus.Done
                || announced > (ulong)(left - consumed))
            {
                return false;
            }

            _position += consumed;
            length = (int)announced;
        }
        else if (length > left)
        {
            return false;
        }

        ValueOffset = _position;
        _position += length;
        return true;
    }
}
