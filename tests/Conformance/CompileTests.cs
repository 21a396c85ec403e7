using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>What someone meets who writes an endpoint with more of FastEndpoints than the stand-ins have: a build that fails and names the page.</summary>
public sealed class CompileTests : IDisposable
{
    private const string Page = "docs/decisions/0002-stand-ins.md";
    private const string Configure = "public override void Configure() => Post(\"/added\");";
    private const string Execute = "public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());";
    private const string Handle = "public override Task HandleAsync(PlainRequest req, CancellationToken ct) => Task.CompletedTask;";

    public static readonly TheoryData<string, (string Name, string Source)[]> MoreThanTheStandInsHave = new()
    {
        {
            "in a declaration",
            [
                ("Hooked", Endpoint("Hooked", Configure, Execute, "public override Task OnBeforeHandleAsync(PlainRequest req, CancellationToken ct) => Task.CompletedTask;")),
                ("Sending", Endpoint("Sending", Configure, "public override Task HandleAsync(PlainRequest req, CancellationToken ct) => Send.NotFoundAsync(ct);")),
                ("Claiming", "namespace TaskSlices.Conformance.Starts; public sealed record ClaimingRequest { [FastEndpoints.FromClaim(\"sub\")] public string Subject { get; init; } = \"\"; }"),
                ("Following", "namespace TaskSlices.Conformance.Starts; public abstract class Following : FastEndpoints.IGlobalPostProcessor { public abstract Task PostProcessAsync(FastEndpoints.IPostProcessorContext context, CancellationToken ct); }"),
            ]
        },
        {
            "in a method",
            [
                ("Limited", Endpoint("Limited", "public override void Configure() { Post(\"/added\"); Roles(\"admin\"); }", Execute)),
                ("Throttled", Endpoint("Throttled", "public override void Configure() { Post(\"/added\"); Throttle(1, 1); }", Execute)),
                ("Erring", Endpoint("Erring", Configure, "public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) { ThrowError(\"no\"); return null!; }")),
            ]
        },
    };

    private readonly Addition _addition = new();

    public void Dispose() => _addition.Dispose();

    /// <summary>With the stand-ins the compiler refuses them, and FastEndpoints itself does at start.</summary>
    [Fact]
    public async Task An_endpoint_without_one_configure_and_one_handler_never_starts()
    {
        (string Name, string Source)[] endpoints =
        [
            ("NoConfigure", Endpoint("NoConfigure", "", Execute)),
            ("NoHandler", Endpoint("NoHandler", Configure)),
            ("BothHandlers", Endpoint("BothHandlers", Configure, Execute, Handle)),
        ];

        var (exitCode, log) = await _addition.BuildAsync(endpoints);

        if (Build.HasStandIns)
        {
            Assert.NotEqual(0, exitCode);
            Assert.All(endpoints, endpoint => Assert.Matches($@"{endpoint.Name}\.cs\(\d+,\d+\): error CS", log));
            return;
        }

        Assert.True(exitCode == 0, log);
        foreach (var (name, _) in endpoints)
            Assert.StartsWith("InvalidOperationException", (await _addition.StartAsync(name)).Log, StringComparison.Ordinal);
    }

    /// <summary>Two builds: the compiler does not look into methods while a declaration is wrong.</summary>
    [Theory]
    [MemberData(nameof(MoreThanTheStandInsHave))]
    public async Task A_member_that_the_stand_ins_lack_does_not_compile_and_the_build_names_the_page(string where, (string Name, string Source)[] added)
    {
        Assert.NotEmpty(where);

        var (exitCode, log) = await _addition.BuildAsync(added);

        if (Build.HasStandIns)
        {
            Assert.NotEqual(0, exitCode);
            Assert.All(added, file => Assert.Matches($@"{file.Name}\.cs\(\d+,\d+\): error CS", log));
            Assert.Contains(Page, log, StringComparison.Ordinal);
        }
        else
            Assert.True(exitCode == 0, log);
    }

    [Fact]
    public async Task A_build_that_succeeds_does_not_speak_of_the_page()
    {
        var (exitCode, log) = await _addition.BuildAsync(("Right", Endpoint("Right", Configure, Execute)));

        Assert.True(exitCode == 0, log);
        Assert.DoesNotContain(Page, log, StringComparison.Ordinal);
        Assert.Equal((0, "started"), await _addition.StartAsync("Right"));
    }

    private static string Endpoint(string name, params string[] members) => $$"""
        using FastEndpoints;
        using Microsoft.AspNetCore.Http;
        using Microsoft.AspNetCore.Http.HttpResults;

        namespace TaskSlices.Conformance.Starts;

        public sealed class {{name}} : Endpoint<PlainRequest, Ok>
        {
            {{string.Join("\n    ", members)}}
        }
        """;
}
