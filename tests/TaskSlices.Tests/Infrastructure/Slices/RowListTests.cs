using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Infrastructure.Slices;

public sealed class RowListTests
{
    /// <summary>The answer has begun then: the server can only end the connection.</summary>
    [Fact]
    public async Task What_was_read_is_sent_before_the_reading_of_the_rest_fails()
    {
        var services = new ServiceCollection();
        services.AddJson();
        await using var provider = services.BuildServiceProvider();
        using var sent = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = provider, Response = { Body = sent } };

        await Assert.ThrowsAsync<TimeoutException>(() => new RowList<int>([1, 2], Failing()).ExecuteAsync(context));

        Assert.Equal("[1,2", Encoding.UTF8.GetString(sent.ToArray()));

        static async IAsyncEnumerable<int[]> Failing()
        {
            yield return await Task.FromException<int[]>(new TimeoutException());
        }
    }
}
