using System.Text.RegularExpressions;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Infrastructure.Http;

public sealed partial class ErrorPageTests(App app) : TestBase<App>
{
    [Fact]
    public async Task Has_an_anchor_for_each_code_that_is_documented()
    {
        using var answer = await app.Anonymous().GetAsync("/errors", Cancellation);
        var html = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal("text/html; charset=utf-8", $"{answer.Content.Headers.ContentType}");
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.True(ErrorCodes.Documented.Count > 30);
        Assert.All(ErrorCodes.Documented, code => Assert.Contains($"<h3 id=\"{code.ToLowerInvariant()}\">{code}</h3>", html, StringComparison.Ordinal));
    }

    [Fact]
    public void Explains_no_code_that_the_program_does_not_have()
    {
        var words = Directory.EnumerateFiles(Path.Combine(DropIn.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Word().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToHashSet();

        Assert.Empty(ErrorCodes.Documented.Except(words));
    }

    [Fact]
    public async Task Takes_only_a_reading_method()
    {
        using var answer = await app.Anonymous().PostAsync("/errors", null, Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [GeneratedRegex("\"([A-Z]+(?:_[A-Z]+)*)\"")]
    private static partial Regex Word();
}
