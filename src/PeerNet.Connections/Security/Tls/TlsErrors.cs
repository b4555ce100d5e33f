using System.ComponentModel;
using System.Security.Authentication;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Security.Tls;

/// <summary>Translates what <see cref="System.Net.Security.SslStream"/> throws.</summary>
internal static class TlsErrors
{
    /// <summary>Whether an error comes from the stream or from the transport below it, and not from a bug of ours.</summary>
    public static bool AreOfStream(Exception error)
        => error is IOException or AuthenticationException or ObjectDisposedException or Win32Exception or ConnectionClosedException;

    public static HandshakeException OfHandshake(Exception error) => error switch
    {
        AuthenticationException => new HandshakeException(HandshakeFailure.Malformed, "The TLS handshake failed: " + Innermost(error), error),
        _ => new HandshakeException(HandshakeFailure.Closed, "The connection ended during the TLS handshake: " + Innermost(error), error),
    };

    /// <summary>The peer answered our last flight by ending the connection: in TLS 1.3 a client hears only then that its certificate was refused.</summary>
    public static HandshakeException OfFirstReceive(Exception? error)
        => new(HandshakeFailure.Closed, "The peer ended the connection right after the TLS handshake" + (error is null ? "." : ": " + Innermost(error)), error);

    public static ConnectionClosedException OfTransfer(Exception error) => error switch
    {
        ConnectionClosedException closed => closed,
        ObjectDisposedException => new ConnectionClosedException(ConnectionCloseReason.Local, "The connection was closed by this node.", inner: error),
        _ when error.InnerException is ConnectionClosedException closed => closed,
        _ when error.InnerException is null => new ConnectionClosedException(ConnectionCloseReason.TransportFailure, "The connection ended inside a TLS record.", inner: error),
        _ => new ConnectionClosedException(ConnectionCloseReason.ProtocolViolation, "A TLS record was refused: " + Innermost(error), inner: error),
    };

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return error.Message;
    }
}
