using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>A request for one page of a list, newest first: at most <see cref="Limit"/> rows, older than <see cref="After"/>.</summary>
public abstract record PagedRequest : OwnedRequest
{
    /// <summary>The default, and the largest.</summary>
    public const int LimitMaximum = 1000;

    [QueryParam]
    public int? Limit { get; init; }

    /// <summary>The id of the last row of the page before.</summary>
    [QueryParam]
    public Guid? After { get; init; }
}

/// <summary>The rules of a page.</summary>
public abstract class PagedValidator<TRequest> : Validator<TRequest> where TRequest : PagedRequest
{
    protected PagedValidator() =>
        RuleFor(r => r.Limit).InclusiveBetween(1, PagedRequest.LimitMaximum)
            .WithMessage($"limit must be from 1 to {PagedRequest.LimitMaximum}.");
}

/// <summary>Pages by key: a page deep in a list costs what the first one costs, and rows that come or go meanwhile shift nothing.</summary>
public static class Paging
{
    /// <summary>Reads a page. If there is a next one, a Link header says where (RFC 8288).</summary>
    public static async Task<IReadOnlyList<T>> ReadPageAsync<T>(
        this DbSet<T> rows, PagedRequest req, HttpContext context, CancellationToken ct)
        where T : class, IOwned
    {
        var limit = req.Limit ?? PagedRequest.LimitMaximum;

        // One row more than the page has tells whether there is a next page.
        var page = await rows.ReadNewestAsync(req.UserId, req.After, limit + 1, ct);

        if (page.Count > limit)
        {
            page.RemoveAt(limit);
            var query = new QueryBuilder { { "limit", $"{limit}" }, { "after", $"{page[^1].Id}" } };
            context.Response.Headers.Link = $"<{context.Request.OwnAddress()}{query}>; rel=\"next\"";
        }

        return page;
    }
}
