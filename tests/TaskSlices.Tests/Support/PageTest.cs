using Microsoft.Playwright;

namespace TaskSlices.Tests.Support;

/// <summary>A test of the page. At its end each visitor leaves a picture, and the browser must have had nothing to complain about.</summary>
[Trait("Speed", "slow")]
[Collection(OneBrowser.Name)]
public abstract class PageTest(Browser browser) : IAsyncLifetime
{
    private readonly List<PageVisitor> _visitors = [];

    protected Browser Browser => browser;

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        var complaints = new List<string>();
        foreach (var (i, visitor) in _visitors.Index())
        {
            if (!visitor.Page.IsClosed)
                await visitor.PhotographAsync($"{GetType().Name}-{TestContext.Current.TestMethod?.MethodName}{(i > 0 ? $"-{i + 1}" : "")}");
            complaints.AddRange(visitor.Complaints());
            await visitor.DisposeAsync();
        }

        GC.SuppressFinalize(this);
        Assert.Empty(complaints);
    }

    protected async Task<PageVisitor> ArriveAsync(Uri? site = null, BrowserNewContextOptions? look = null) => Remember(await PageVisitor.ArriveAsync(browser, site, look));

    protected async Task<PageVisitor> WithAccountAsync(Uri? site = null, BrowserNewContextOptions? look = null) =>
        Remember(await PageVisitor.WithAccountAsync(browser, site, look));

    protected static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private PageVisitor Remember(PageVisitor visitor)
    {
        _visitors.Add(visitor);

        return visitor;
    }
}
