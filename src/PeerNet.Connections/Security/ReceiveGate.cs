namespace PeerNet.Connections.Security;

/// <summary>
/// Lets one receive run at a time and settles who gives back what it holds: the receive itself, if it still runs when its connection is
/// disposed, otherwise the disposal. A block that a socket may still write into is never returned to its pool. Thread-safe; a mutable struct, kept in a field.
/// </summary>
internal struct ReceiveGate
{
    private const int Idle = 0;
    private const int Receiving = 1;
    private const int Disposed = 2;

    private int _state;

    /// <summary>Enters. False when the connection is disposed.</summary>
    /// <exception cref="InvalidOperationException">Another receive is running.</exception>
    public bool TryEnter()
    {
        var state = Interlocked.CompareExchange(ref _state, Receiving, Idle);
        return state switch
        {
            Idle => true,
            Disposed => false,
            _ => throw new InvalidOperationException("The connection is being received from already."),
        };
    }

    /// <summary>Leaves. True when the connection was disposed meanwhile: the caller then gives back what is held.</summary>
    public bool ExitMustDispose() => Interlocked.CompareExchange(ref _state, Idle, Receiving) == Disposed;

    /// <summary>Closes the gate for good. True when no receive is running: the caller then gives back what is held.</summary>
    public bool CloseMustDispose() => Interlocked.Exchange(ref _state, Disposed) == Idle;
}
