using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using TaskSlices.Contenders;

// What a reader would build instead of using the product: the routes of its tasks, as the documentation of each framework writes them.
var contender = args is ["fastendpoints" or "minimal", ..] ? args[0] : throw new ArgumentException("fastendpoints or minimal, then options of the host.");
var builder = WebApplication.CreateBuilder(args[1..]);
var secret = builder.Configuration["BETTER_AUTH_SECRET"] ?? throw new InvalidOperationException("BETTER_AUTH_SECRET is not set.");
var file = Path.Combine(builder.Configuration["DATA_DIR"] ?? ".", "taskslices.db");

builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddDbContext<TasksDb>(options => options.UseSqlite($"Data Source={file}"));
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
builder.Services.AddProblemDetails();
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
{
    options.MapInboundClaims = false;
    options.TokenValidationParameters = new TokenValidationParameters
    {
        ValidateIssuer = false,
        ValidateAudience = false,
        IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)),
    };
});
builder.Services.AddAuthorization();
if (contender == "minimal")
    builder.Services.AddValidation();
else
    builder.Services.AddSlices();

var app = builder.Build();
using (var scope = app.Services.CreateScope())
    scope.ServiceProvider.GetRequiredService<TasksDb>().Database.EnsureCreated();

app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseAuthentication();
app.UseAuthorization();
if (contender == "minimal")
    app.MapTasks();
else
    app.UseSlices();

app.Run();
