using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>Makes sockets the way libp2p wants them.</summary>
internal static class TcpSocket
{
    // SOL_SOCKET, SO_REUSEADDR and SO_REUSEPORT of <sys/socket.h>: the numbers differ between Linux and the BSDs. The framework's own option
    // for address reuse means something else on each system, therefore the raw one.
    private static readonly (int Level, int ReuseAddress, int ReusePort) Numbers = OperatingSystem.IsLinux() ? (1, 2, 15) : (0xffff, 0x0004, 0x0200);

    /// <summary>Whether sockets of this system can share a port between listening and dialling.</summary>
    public static bool CanReusePort { get; } = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    /// <summary>A new socket; IPv6 ones are for IPv6 alone.</summary>
    public static Socket Create(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family == AddressFamily.InterNetworkV6)
            socket.DualMode = false;
        return socket;
    }

    /// <summary>Allows the port to be shared with other sockets that allow it.</summary>
    public static void AllowPortReuse(Socket socket)
    {
        AllowAddressReuse(socket);
        Set(socket, Numbers.ReusePort);
    }

    /// <summary>Allows the port to be taken while old connections linger on it, but not beside a listener.</summary>
    public static void AllowAddressReuse(Socket socket) => Set(socket, Numbers.ReuseAddress);

    /// <summary>Settings of every connection, dialled or accepted.</summary>
    public static void Configure(Socket socket, TcpOptions options)
    {
        socket.NoDelay = true;
        var seconds = (int)Math.Clamp(options.KeepAliveInterval.TotalSeconds, 1, short.MaxValue);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, seconds);
    }

    /// <summary>A listening socket.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static Socket Listen(IPEndPoint endPoint, TcpOptions options, bool sharePort)
    {
        if (sharePort && endPoint.Port != 0)
            EnsureNobodyListens(endPoint);
        var socket = Create(endPoint.AddressFamily);
        try
        {
            if (sharePort)
                AllowPortReuse(socket);
            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A shared port would also let a second listener in, and the kernel would deal connections out to both: that is never wanted. A socket
    /// that does not share tells.
    /// </summary>
    private static void EnsureNobodyListens(IPEndPoint endPoint)
    {
        using var probe = Create(endPoint.AddressFamily);
        AllowAddressReuse(probe);
        probe.Bind(endPoint);
    }

    private static void Set(Socket socket, int option) => socket.SetRawSocketOption(Numbers.Level, option, MemoryMarshal.AsBytes<int>([1]));
}
