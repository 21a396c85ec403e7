using TaskSlices.Tests.Clients;
using TaskSlices.Tests.Features.Changes;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(TaskSlices.Tests.Support.LongestFirst))]

namespace TaskSlices.Tests.Support;

/// <summary>Begins with the collections that take minutes: one that begins last runs alone, on one processor of several.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [OneBrowser.Name, typeof(TypeScriptTests).FullName!, typeof(SyncModelTests).FullName!];

    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections) where T : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => Long.Any(name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)))];
}
