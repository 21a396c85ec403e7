using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>
/// Listening at a unix socket (<c>Urls=http://unix:/path</c>): the group may connect, and a socket that a killed process left is replaced.
/// </summary>
public static class UnixSockets
{
    /// <summary>ENXIO on Linux, EOPNOTSUPP on macOS: what opening a socket as a file gives.</summary>
    private const int IsSocketOnLinux = 6, IsSocketOnMac = 102;

    public static void AddUnixSockets(this IServiceCollection services) =>
        services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = Bind);

    private static Socket Bind(EndPoint endpoint)
    {
        if (endpoint is not UnixDomainSocketEndPoint unix || OperatingSystem.IsWindows())
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

        var path = unix.ToString();
        if (File.Exists(path) && IsStale(unix, path))
            File.Delete(path);

        // Nobody can connect before the socket listens: the mode is right from the first connection on.
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);

        return socket;
    }

    /// <summary>Whether it is a socket and nobody listens on it. A connection to an ordinary file is refused too.</summary>
    private static bool IsStale(UnixDomainSocketEndPoint endpoint, string path)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            socket.Connect(endpoint);

            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return IsSocket(path);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path, access: FileAccess.ReadWrite).Dispose();

            return false;
        }
        catch (IOException e) when (e.HResult is IsSocketOnLinux or IsSocketOnMac)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
