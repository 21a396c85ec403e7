using System.Net.Http.Headers;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace TaskSlices.Tests;

/// <summary>Every route that exists at run time, attacked in every way: a new slice is in this table without being named.</summary>
public sealed class AccessTests(App app) : TestBase<App>
{
    private static readonly string[] TheSix =
    [
        "DELETE /api/{user_id}/tasks/{id:guid}",
        "GET /api/{user_id}/tasks",
        "GET /api/{user_id}/tasks/{id:guid}",
        "PATCH /api/{user_id}/tasks/{id:guid}/complete",
        "POST /api/{user_id}/tasks",
        "PUT /api/{user_id}/tasks/{id:guid}",
    ];

    private static readonly string[] Public = ["GET /health/live", "GET /health/ready", "HEAD /health/live", "HEAD /health/ready"];

    /// <summary>Better Auth's own, by which people sign in: there as long as nobody else issues the tokens.</summary>
    private static readonly string[] SigningIn =
    [
        "GET /api/auth/get-session",
        "GET /api/auth/jwks",
        "GET /api/auth/list-sessions",
        "GET /api/auth/ok",
        "GET /api/auth/reset-password/{token}",
        "GET /api/auth/token",
        "POST /api/auth/change-email",
        "POST /api/auth/change-password",
        "POST /api/auth/delete-user",
        "POST /api/auth/request-password-reset",
        "POST /api/auth/reset-password",
        "POST /api/auth/revoke-other-sessions",
        "POST /api/auth/revoke-session",
        "POST /api/auth/revoke-sessions",
        "POST /api/auth/sign-in/email",
        "POST /api/auth/sign-out",
        "POST /api/auth/sign-up/email",
        "POST /api/auth/update-user",
    ];

    private static readonly string[] OpenToServices = ["DELETE /api/{user_id}", "GET /api/{user_id}/export"];

    [Fact]
    public void Finds_the_routes_it_is_about() =>
        Assert.Empty(TheSix.Except(Routes().Select(r => $"{r.Method} {r.Route}")));

    [Fact]
    public void Leaves_nothing_open_but_what_is_public() =>
        Assert.Equal([.. SigningIn, .. Public], Routes().Where(r => r.Anonymous).Select(r => $"{r.Method} {r.Route}").OrderBy(route => route.Contains("/health/", StringComparison.Ordinal)).ThenBy(route => route, StringComparer.Ordinal));

    [Fact]
    public Task Guards_every_route_against_everybody_but_its_owner() =>
        Sweep(app.Anonymous, Routes().Where(r => !r.Anonymous).Select(r => (r.Method, r.Route)));

    /// <summary>Another user's rows, in every table that has an owner, with a text that must be in no answer.</summary>
    [Fact]
    public async Task Shows_nobody_the_rows_of_another_user()
    {
        const string planted = "planted-for-nobody-else";
        var (owner, other) = (App.NewUser(), App.NewUser());
        using (var database = app.OpenDatabase())
        {
            var tables = database.OwnedTables();
            Assert.NotEmpty(tables);
            foreach (var table in tables)
                database.Plant(table, other, planted);
        }

        foreach (var (method, route, _) in Routes().Where(r => r.Route.Contains("{user_id}", StringComparison.Ordinal)))
        {
            var everything = await SendAsync(app.Anonymous(), method, Address(route, owner), Token.For(owner)).Everything();
            Assert.False(everything.Contains(planted, StringComparison.Ordinal), $"{method} {route}: {everything}");
        }

        Assert.Contains(planted, await app.As(other).Get($"/api/{other}/tasks").Everything(), StringComparison.Ordinal);
    }

    [Fact]
    public Task Guards_HEAD_as_GET() =>
        Sweep(app.Anonymous, Routes().Where(r => !r.Anonymous && r.Method == "GET").Select(r => ("HEAD", r.Route)));

    [Fact]
    public async Task Answers_public_routes_to_anybody()
    {
        foreach (var route in Routes().Where(r => r.Anonymous && !SigningIn.Contains($"{r.Method} {r.Route}")))
            Assert.Equal(HttpStatusCode.OK, (await app.Anonymous().Send(route.Method, route.Route)).StatusCode);
    }

    /// <summary>A service has no tasks: its key opens the slices that say so, and of those only these.</summary>
    [Fact]
    public async Task Opens_to_a_service_what_is_on_the_list_and_nothing_else()
    {
        using var client = app.Anonymous();

        foreach (var (method, route, _) in Routes().Where(r => !r.Anonymous && r.Route.Contains("{user_id}", StringComparison.Ordinal)))
        {
            var response = await SendAsync(client, method, Address(route, App.NewUser()), App.ServiceKey);

            if (OpenToServices.Contains($"{method} {route}"))
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            else
                Assert.Null(await response.ProblemWith(403));

            Assert.Null(await SendAsync(client, method, Address(route, App.NewUser()), App.ServiceKey + "x").ProblemWith(401));
        }
    }

    [Fact]
    public async Task Opens_the_list_of_routes_to_no_service()
    {
        var response = await SendAsync(app.Anonymous(), "GET", "/_test_url_cache_", App.ServiceKey);

        Assert.Null(await response.ProblemWith(403));
    }

    [Fact]
    public async Task Tells_a_stranger_nothing_about_addresses_that_do_not_exist()
    {
        foreach (var url in new[] { "/index", "/api", "/api/ann", "/api/ann/nothing", "/health", "/_test_url_cache_", "/data/taskslices.db", "/appsettings.json" })
            Assert.Null(await app.Anonymous().Get(url).ProblemWith(401));
    }

    /// <summary>
    /// Attacks each route in each way. It needs nothing of the app but its addresses, so that another running instance can be swept too; that
    /// instance must verify with <see cref="Token.Secret"/>.
    /// </summary>
    /// <param name="clients">Gives a client with the address of the app and no token.</param>
    /// <param name="routes">As they are written in Configure: <c>("GET", "/api/{user_id}/tasks/{id:guid}")</c>.</param>
    internal static async Task Sweep(Func<HttpClient> clients, IEnumerable<(string Method, string Route)> routes)
    {
        using var client = clients();
        var swept = routes.ToArray();
        var holes = new List<string>();
        Assert.NotEmpty(swept);

        foreach (var (method, route) in swept)
        {
            foreach (var attack in Attacks())
            {
                var (owner, stranger) = (App.NewUser(), App.NewUser());
                using var response = await SendAsync(client, method, Address(route, owner), attack.Token(owner, stranger));

                if (await FindHoleAsync(response, attack.Status(route), method) is { } hole)
                    holes.Add($"{method} {route}, {attack.Name}: {hole}");
            }
        }

        Assert.True(holes.Count == 0, string.Join('\n', holes));
    }

    private static (string Name, Func<string, string, string?> Token, Func<string, int> Status)[] Attacks() =>
    [
        ("no token", (_, _) => null, _ => 401),
        ("expired", (owner, _) => Token.For(owner, -120), _ => 401),
        ("wrong key", (owner, _) => Token.Of(Token.Header, Token.Claims(owner), "another-secret-made-up-for-these-tests"), _ => 401),
        ("alg none", (owner, _) => $"{Token.Part("""{"alg":"none"}""")}.{Token.Part(Token.Claims(owner))}.", _ => 401),
        ("another user", (_, stranger) => Token.For(stranger), route => route.Contains("{user_id}", StringComparison.Ordinal) ? 403 : 0),
        ("owner", (owner, _) => Token.For(owner), _ => 0),
    ];

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string address, string? token)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (method is "POST" or "PUT" or "PATCH")
            request.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        // A stream of events has no end.
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>A status of 0 stands for any but 401, 403 and the server's own mistakes.</summary>
    private static async Task<string?> FindHoleAsync(HttpResponseMessage response, int status, string method)
    {
        var got = (int)response.StatusCode;
        if (status == 0)
            return got is 401 or 403 or >= 500 ? $"got {got}" : null;
        if (method == "HEAD")
            return got == status ? null : $"expected {status}, got {got}";

        if (await response.ProblemWith(status) is { } complaint)
            return complaint;

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        return status switch
        {
            401 when response.Headers.WwwAuthenticate.ToString() is var header && !header.StartsWith("Bearer", StringComparison.Ordinal) => $"WWW-Authenticate: {header}",
            403 when text.Contains("token", StringComparison.OrdinalIgnoreCase) || text.Contains("unauthorized", StringComparison.OrdinalIgnoreCase) => $"a client would log out: {text}",
            _ => null,
        };
    }

    private static string Address(string route, string user) =>
        string.Concat(RoutePatternFactory.Parse(route).PathSegments.Select(segment => $"/{string.Concat(segment.Parts.Select(part => Fill(part, user)))}"));

    private static string Fill(RoutePatternPart part, string user) => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart { Name: "user_id" } => user,
        RoutePatternParameterPart parameter => Fill(parameter.ParameterPolicies.Select(policy => policy.Content).FirstOrDefault()),
        _ => throw new NotSupportedException($"A part of a route that this sweep can't fill: {part}"),
    };

    private static string Fill(string? constraint) => constraint switch
    {
        null or "guid" => $"{Guid.NewGuid()}",
        "int" or "long" or "decimal" or "double" or "float" => "7",
        "bool" => "true",
        "datetime" => "2026-11-20",
        "alpha" => "abc",
        _ => throw new NotSupportedException($"A constraint that this sweep has no value for: {constraint}. Add one."),
    };

    private IEnumerable<(string Method, string Route, bool Anonymous)> Routes() =>
        from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, $"/{endpoint.RoutePattern.RawText?.Trim('/')}", endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);
}
