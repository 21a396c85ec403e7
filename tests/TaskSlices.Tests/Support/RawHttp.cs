using System.Net.Sockets;
using System.Text;

namespace TaskSlices.Tests.Support;

/// <summary>HTTP/1.1 by hand: for requests that HttpClient refuses to write, or gives up writing before it has read the answer.</summary>
public static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends head and body as they are, and reads until the server closes. The head should ask for that: <c>Connection: close</c>.</summary>
    /// <returns>The status, 0 if there was no answer, and the answer as text with its head.</returns>
    public static async Task<(int Status, string Text)> ExchangeAsync(Uri address, string head, IEnumerable<ReadOnlyMemory<byte>>? body = null)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, patience.Token);

        // Read meanwhile: a server that refuses a large body answers before it is sent, and closes.
        var answer = ReadAsync(tcp.GetStream(), patience.Token);
        try
        {
            await tcp.GetStream().WriteAsync(Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n")), patience.Token);
            foreach (var part in body ?? [])
                await tcp.GetStream().WriteAsync(part, patience.Token);
        }
        catch (IOException)
        {
        }

        var text = await answer;

        return (text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture) : 0, text);
    }

    private static async Task<string> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, ct) is > 0 and var read)
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
        }

        return text.ToString();
    }
}
