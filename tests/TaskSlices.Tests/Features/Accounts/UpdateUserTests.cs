namespace TaskSlices.Tests.Features.Accounts;

[Collection(OneAccountServer.Name)]
public sealed class UpdateUserTests(AccountServer server)
{
    private const string Url = "/api/auth/update-user";

    [Fact]
    public async Task Changes_the_name_and_the_picture_also_in_the_next_token()
    {
        var (visitor, bystander) = (await server.SignUpAsync(), await server.SignUpAsync());
        var before = await UserAsync(visitor);

        var response = await visitor.Post(Url, """{"name":"Countess","image":"https://example.com/a.png","emailVerified":true,"id":"x"}""");

        Assert.Equal("""{"status":true}""", (await response.Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal(Visitor.SessionCookie, Assert.Single(response.SetCookies()).Name);
        var user = await UserAsync(visitor);
        Assert.Equal(("Countess", "https://example.com/a.png"), (user["name"]!.GetValue<string>(), user["image"]!.GetValue<string>()));
        Assert.Equal((visitor.Id, false), (user["id"]!.GetValue<string>(), user["emailVerified"]!.GetValue<bool>()));
        Assert.True(user.Moment("updatedAt") > before.Moment("updatedAt"));
        Assert.Equal(before.Moment("createdAt"), user.Moment("createdAt"));
        Assert.Equal("Countess", Visitor.Claims(await visitor.TokenAsync())["name"]!.GetValue<string>());
        Assert.Equal("Ada Lovelace", (await UserAsync(bystander))["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Leaves_alone_what_is_not_named_and_takes_the_picture_away()
    {
        var visitor = await server.SignUpAsync();
        await visitor.Post(Url, """{"image":"https://example.com/a.png"}""").Is(HttpStatusCode.OK);
        Assert.Equal("Ada Lovelace", (await UserAsync(visitor))["name"]!.GetValue<string>());

        await visitor.Post(Url, """{"image":null}""").Is(HttpStatusCode.OK);

        Assert.Null((await UserAsync(visitor))["image"]);
    }

    [Theory]
    [InlineData("{}", "No fields to update", null)]
    [InlineData("""{"emailVerified":true}""", "No fields to update", null)]
    [InlineData("""{"email":""}""", "No fields to update", null)]
    [InlineData("""{"name":"Countess","email":"other@example.com"}""", "Email can not be updated", "EMAIL_CAN_NOT_BE_UPDATED")]
    [InlineData("""{"name":"Countess","email":1e999}""", "Email can not be updated", "EMAIL_CAN_NOT_BE_UPDATED")]
    [InlineData("[]", "[body] Invalid input: expected record, received array", "VALIDATION_ERROR")]
    [InlineData("""{"name":5}""", "[body.name] Invalid input: expected string, received number", "VALIDATION_ERROR")]
    [InlineData("""{"name":null}""", "[body.name] Invalid input: expected string, received null", "VALIDATION_ERROR")]
    [InlineData("""{"name":"a\u0000b"}""", "[body.name] Invalid input: NUL is no character of a text", "VALIDATION_ERROR")]
    [InlineData("""{"image":[]}""", "[body.image] Invalid input: expected string, received array", "VALIDATION_ERROR")]
    public async Task Refuses_what_can_not_be_changed(string json, string message, string? code)
    {
        var visitor = await server.SignUpAsync();

        await visitor.Post(Url, json).IsRefused(400, message, code);

        var user = await UserAsync(visitor);
        Assert.Equal(("Ada Lovelace", visitor.Email), (user["name"]!.GetValue<string>(), user["email"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Takes_names_and_pictures_up_to_their_limits()
    {
        var visitor = await server.SignUpAsync();

        await visitor.Post(Url, Visitor.Json(new { name = new string('x', 201) })).IsRefused(400, "[body.name] Too big: expected string to have <=200 characters", "VALIDATION_ERROR");
        await visitor.Post(Url, Visitor.Json(new { image = new string('x', 1001) })).IsRefused(400, "[body.image] Too big: expected string to have <=1000 characters", "VALIDATION_ERROR");
        await visitor.Post(Url, Visitor.Json(new { name = new string('x', 200), image = new string('x', 1000) })).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await server.NewVisitor().Post(Url, """{"name":"Nobody"}""").IsRefused(401, "Unauthorized", "UNAUTHORIZED");

    private static async Task<System.Text.Json.Nodes.JsonNode> UserAsync(Visitor visitor) =>
        (await visitor.Get("/api/auth/get-session").Is(HttpStatusCode.OK))["user"]!;
}
