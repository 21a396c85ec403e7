using TaskSlices.Features.Accounts;
using TaskSlices.Features.UserData;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Http;
using TaskSlices.Infrastructure.Operations;
using TaskSlices.Infrastructure.Slices;

StartupErrors.Report();
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

builder.AddHosting(args);
builder.Services.AddAccess();
builder.Services.AddDatabase();
builder.Services.AddRequestLimits();
builder.Services.AddJson();
builder.Services.AddCorsOrigins();
builder.Services.AddDocument();
builder.Services.AddHealth();
builder.Services.AddAccounts();
builder.Services.AddUserData();
builder.Services.AddSlices();

var app = builder.Build();
app.CheckSettings();
app.UseSubPath();
app.UseProblems();
app.UseCorsOrigins();
app.UseRequestTidying();
app.UseDocument();
app.UsePage();
app.UseSliceRouting();
app.UseAccounts();
app.UseAuthentication();
app.UseAuthorization();
app.UseIdempotencyKeys();
app.MapHealth();
app.UseSlices();

if (!await app.TryRunCommandAsync(args))
    await app.ServeAsync();
