using Microsoft.AspNetCore.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Infrastructure.Http;

/// <summary>Gives a problem body to what would have none: an exception, and a bare status of the framework.</summary>
public static partial class ErrorHandling
{
    /// <summary>In seconds; what a caller is told to wait when the database can't be used.</summary>
    internal const int RetryAfter = 5;

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => AnswerAsync(context, app.Logger),
            SuppressDiagnosticsCallback = static context => IsExpected(context.Exception),
        });
        app.UseStatusCodePages(static context =>
        {
            var response = context.HttpContext.Response;
            if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
                AddHead(response.Headers);

            return Problem.For(context.HttpContext, response.StatusCode).ExecuteAsync(context.HttpContext);
        });
    }

    /// <summary>
    /// Answers 412 with the row as it is. Closer to the endpoint than other exceptions, where the framework takes away entity tags.
    /// </summary>
    public static void UsePreconditions(this IApplicationBuilder app) => app.Use(static (context, next) =>
        context.Request.Headers.IfMatch.Count == 0 && context.Request.Headers.IfNoneMatch.Count == 0
            ? next(context) : AnswerFailedPreconditionAsync(context, next));

    private static async Task AnswerFailedPreconditionAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (PreconditionFailedException e) when (!context.Response.HasStarted)
        {
            var kind = RowKind.Of(context.RequestServices.GetRequiredService<AppDb>().Model.FindEntityType(e.Current.GetType())!);
            context.Response.Headers.ETag = EntityTags.Of(e.Current.Revision);
            await (Problem.For(context, StatusCodes.Status412PreconditionFailed) with { Current = kind?.Show(e.Current) })
                .ExecuteAsync(context);
        }
    }

    /// <summary>What takes GET takes HEAD; routing names only what the slices name.</summary>
    private static void AddHead(IHeaderDictionary headers)
    {
        var methods = headers.GetCommaSeparatedValues(HeaderNames.Allow);
        if (methods.Contains(HttpMethods.Get) && !methods.Contains(HttpMethods.Head))
            headers.Allow = string.Join(", ", [.. methods, HttpMethods.Head]);
    }

    /// <summary>A body that is malformed or incomplete makes the server's reader throw one of these.</summary>
    private static bool IsOfTheClient(Exception exception) => exception is BadHttpRequestException or IOException;

    private static bool IsExpected(Exception exception) =>
        IsOfTheClient(exception) || exception is OwnerGoneException or QuotaExceededException;

    private static Task AnswerAsync(HttpContext context, ILogger log)
    {
        var exception = context.Features.Get<IExceptionHandlerFeature>()!.Error;
        if (!IsExpected(exception))
            LogFailed(log, exception, context.Request.Method, context.RouteTemplate() ?? "-", context.TraceIdentifier);

        if (exception is OwnerGoneException)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            return Problem.For(context, StatusCodes.Status401Unauthorized, "SESSION_ENDED", exception.Message).ExecuteAsync(context);
        }

        if (exception is QuotaExceededException)
            return Problem.For(context, 422, "QUOTA_EXCEEDED", exception.Message).ExecuteAsync(context);

        var status = exception switch
        {
            BadHttpRequestException bad => bad.StatusCode,
            _ when IsOfTheClient(exception) => StatusCodes.Status400BadRequest,
            DbUpdateConcurrencyException => StatusCodes.Status409Conflict,
            TimeoutException => StatusCodes.Status503ServiceUnavailable,
            _ when context.RequestServices.GetRequiredService<IStore>().IsUnavailable(exception) => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };

        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = $"{RetryAfter}";

        // What is left of the body is not read as the next request (RFC 9112 section 9.6).
        if (IsOfTheClient(exception))
            context.Response.Headers.Connection = "close";

        return Problem.For(context, status).ExecuteAsync(context);
    }
    /// <summary>In place of the framework's line, which has no id without a scope (appsettings.json).</summary>
    [LoggerMessage(LogLevel.Error, "{Method} {Route} failed, trace {Trace}")]
    private static partial void LogFailed(ILogger log, Exception exception, string method, string route, string trace);
}
