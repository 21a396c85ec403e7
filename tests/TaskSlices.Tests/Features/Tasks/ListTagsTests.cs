using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class ListTagsTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Gives_each_tag_as_the_newest_task_has_it_with_its_pending_tasks()
    {
        await CreateAsync("""{"title":"One","tags":["work","Home"]}""");
        await CreateAsync("""{"title":"Two","tags":["Work"],"completed":true}""");
        await CreateAsync("""{"title":"Three","tags":["WORK","é"]}""");
        await CreateAsync("""{"title":"Four","tags":["done"],"completed":true}""");
        await CreateAsync("""{"title":"Five"}""");

        Assert.Equal(
            """[{"name":"done","count":0},{"name":"Home","count":1},{"name":"WORK","count":2},{"name":"é","count":1}]""",
            await app.As(_ann).Get($"/api/{_ann}/tags").Text());
    }

    [Fact]
    public async Task Gives_an_empty_array_to_a_user_without_tags()
    {
        await CreateAsync("""{"title":"One"}""");

        Assert.Equal("[]", await app.As(_ann).Get($"/api/{_ann}/tags").Text());
    }

    [Fact]
    public async Task Hides_tags_of_other_users()
    {
        await app.As(_bob).Post($"/api/{_bob}/tasks", """{"title":"Of Bob","tags":["secret"]}""").Is(HttpStatusCode.Created);

        Assert.Equal("[]", await app.As(_ann).Get($"/api/{_ann}/tags?user_id={_bob}").Text());
        await app.As(_ann).Get($"/api/{_bob}/tags").IsProblem(HttpStatusCode.Forbidden);
    }

    private Task<JsonObject> CreateAsync(string json) => app.As(_ann).Post($"/api/{_ann}/tasks", json).Is(HttpStatusCode.Created);
}
