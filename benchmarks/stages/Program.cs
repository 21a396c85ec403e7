using TaskSlices.Features.Accounts;
using TaskSlices.Features.UserData;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Operations;
using TaskSlices.Infrastructure.Slices;

// The product, cut behind one of its stages (the variable STAGE): every request that gets there has the same answer, as long as a task.
var answer = new byte[400];
Array.Fill(answer, (byte)'x');
(string Name, Action<WebApplication> Use)[] stages =
[
    ("kestrel", static _ => { }),
    ("ids and errors", static app =>
    {
        app.UseTraceIds();
        app.UseRequestLog();
        app.UseSubPath();
        app.UseProblems();
    }),
    ("CORS", static app => app.UseCorsOrigins()),
    ("tidying", static app =>
    {
        app.UseAccountErrors();
        app.UseRequestTidying();
    }),
    ("document and page", static app =>
    {
        app.UseDocument();
        app.UsePage();
    }),
    ("routing", static app =>
    {
        app.UseSliceRouting();
        app.UseAccounts();
    }),
    ("authentication", static app => app.UseCaller()),
    ("limits", static app => app.UseRateLimits()),
    ("authorization", static app => app.UseAuthorization()),
    ("idempotency", static app => app.UseIdempotencyKeys()),
    ("slice", static app =>
    {
        app.MapHealth();
        app.UseSlices();
    }),
];

if (args is ["--list"])
{
    Console.WriteLine(string.Join('\n', stages.Select(stage => stage.Name)));
    return 0;
}

var last = Array.FindIndex(stages, stage => stage.Name == Environment.GetEnvironmentVariable("STAGE"));
if (last < 0)
    throw new ArgumentException("STAGE names no stage; --list has them.");

return await CommandLine.RunAsync(args, static builder =>
{
    builder.Services.AddAccess();
    builder.Services.AddDatabase();
    builder.Services.AddRequestLimits();
    builder.Services.AddJson();
    builder.Services.AddCorsOrigins();
    builder.AddOperations();
    builder.Services.AddAccounts();
    builder.Services.AddUserData();
    builder.Services.AddSlices();
}, app =>
{
    foreach (var (_, use) in stages[..(last + 1)])
        use(app);

    if (last == stages.Length - 1)
        return;

    // The host adds what it does not find.
    var properties = ((IApplicationBuilder)app).Properties;
    properties["__AuthenticationMiddlewareSet"] = properties["__AuthorizationMiddlewareSet"] = true;
    app.Use(Cut);

    // What looks at endpoints finds them, behind the cut.
    if (last >= Array.FindIndex(stages, stage => stage.Name == "routing"))
        stages[^1].Use(app);
});

RequestDelegate Cut(RequestDelegate next) => context =>
{
    context.Response.ContentLength = answer.Length;

    return context.Response.Body.WriteAsync(answer, context.RequestAborted).AsTask();
};
