using System.Buffers.Binary;
using System.Net.Sockets;

namespace TaskSlices.Tests.Support;

/// <summary>
/// Stands between a client and a PostgreSQL server, and counts the round trips: how often the client speaks after the server has
/// (postgresql.org/docs/current/protocol-flow.html).
/// </summary>
public sealed class WireCounter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;
    private readonly Task _accepting;
    private int _roundTrips;
    private int _named;

    public WireCounter(int port)
    {
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int RoundTrips => Volatile.Read(ref _roundTrips);

    /// <summary>Statements that were prepared under a name, which a pooler in transaction mode can't pass.</summary>
    public int Named => Volatile.Read(ref _named);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The end.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _port);
            client.NoDelay = server.NoDelay = true;
            var exchange = new Exchange(() => Interlocked.Increment(ref _named));
            try
            {
                await Task.WhenAny(
                    PassAsync(client.GetStream(), server.GetStream(), exchange.Asked), PassAsync(server.GetStream(), client.GetStream(), exchange.Answered));
            }
            catch (IOException)
            {
                // One of them is gone.
            }
        }

        async Task PassAsync(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, bool> look)
        {
            var buffer = new byte[1 << 16];
            while (await from.ReadAsync(buffer) is var read and > 0)
            {
                if (look(buffer.AsMemory(0, read)))
                    Interlocked.Increment(ref _roundTrips);

                await to.WriteAsync(buffer.AsMemory(0, read));
            }
        }
    }

    /// <summary>What goes over one connection. The client writes whole messages.</summary>
    private sealed class Exchange(Action named)
    {
        private volatile bool _isAnswered;

        /// <summary>Whether the client begins a round trip: it speaks for the first time since the server has.</summary>
        public bool Asked(ReadOnlyMemory<byte> messages)
        {
            for (var rest = messages.Span; rest.Length > 5 && BinaryPrimitives.ReadInt32BigEndian(rest[1..]) is var length and > 3 && length < rest.Length;
                rest = rest[(length + 1)..])
            {
                if (rest[0] == 'P' && rest[5] != 0)
                    named();
            }

            return Interlocked.Exchange(ref _isAnswered, false);
        }

        public bool Answered(ReadOnlyMemory<byte> messages)
        {
            _isAnswered = true;

            return false;
        }
    }
}
