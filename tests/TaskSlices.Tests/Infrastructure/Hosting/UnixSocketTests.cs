using System.Net.Sockets;

namespace TaskSlices.Tests.Infrastructure.Hosting;

[Trait("Speed", "slow")]
public sealed class UnixSocketTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    private string SocketPath => Path.Combine(_directory, "api.sock");

    private string Url => $"http://unix:{SocketPath}";

    [Fact]
    public async Task Lets_the_group_connect_and_replaces_the_socket_of_a_server_that_was_killed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes of sockets.");
        await using (var killed = await ServerProcess.ListenAsync(["--urls", Url], _directory))
        {
            Assert.Equal(Url, killed.Listening);
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
                OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(SocketPath));
            await killed.KillAsync();
        }

        Assert.True(File.Exists(SocketPath));

        await using var second = await ServerProcess.ListenAsync(["--urls", Url], _directory);
        using var client = ClientOf(SocketPath);
        await client.Get("http://localhost/health/ready").Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Leaves_a_socket_that_somebody_listens_on()
    {
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(SocketPath));
        other.Listen();

        (await ServerProcess.RunAsync(["--urls", Url], _directory)).IsRefused(SocketPath, "Stop what listens there");

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Leaves_a_file_that_is_no_socket()
    {
        await File.WriteAllTextAsync(SocketPath, "mine", TestContext.Current.CancellationToken);

        (await ServerProcess.RunAsync(["--urls", Url], _directory)).IsRefused(SocketPath);

        Assert.Equal("mine", await File.ReadAllTextAsync(SocketPath, TestContext.Current.CancellationToken));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static HttpClient ClientOf(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);

            return new NetworkStream(socket, ownsSocket: true);
        },
    });
}
