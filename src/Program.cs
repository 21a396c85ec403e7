using TaskSlices.Features.Accounts;
using TaskSlices.Features.UserData;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Operations;
using TaskSlices.Infrastructure.Slices;

StartupErrors.Report();

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
}, static app =>
{
    app.UseTraceIds();
    app.UseRequestLog();
    app.UseSubPath();
    app.UseProblems();
    app.UseCorsOrigins();
    app.UseAccountErrors();
    app.UseRequestTidying();
    app.UseDocument();
    app.UsePage();
    app.UseSliceRouting();
    app.UseAccounts();
    app.UseAccess();
    app.UseIdempotencyKeys();
    app.MapHealth();
    app.UseSlices();
});
