using System.Net.Sockets;

namespace PeerNet.Connections.Security;

/// <summary>Tells the errors of a raw connection from our own.</summary>
internal static class TransportFault
{
    /// <summary>Whether the transport below failed or was ended from this side.</summary>
    public static bool Is(Exception error) => error is SocketException or IOException or ObjectDisposedException;
}
