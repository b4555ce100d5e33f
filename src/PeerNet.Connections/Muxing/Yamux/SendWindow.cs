namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>Bytes that the peer allows to be sent on a stream.</summary>
internal struct SendWindow
{
    /// <summary>Starts with the credit that the protocol gives.</summary>
    public SendWindow() => Available = YamuxProtocol.InitialWindowBytes;

    /// <summary>Credit left.</summary>
    public uint Available { get; private set; }

    /// <summary>Adds credit; false when the sum leaves 32 bits, which breaks the protocol.</summary>
    public bool TryAdd(uint delta)
    {
        var sum = (ulong)Available + delta;
        if (sum > uint.MaxValue)
            return false;
        Available = (uint)sum;
        return true;
    }

    /// <summary>Uses credit for bytes that are sent.</summary>
    public void Use(int bytes) => Available = checked(Available - (uint)bytes);
}
