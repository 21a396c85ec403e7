using Microsoft.AspNetCore.Builder;

namespace FastEndpoints;

/// <summary>What an endpoint's Configure said about it, and what the Configurator added (surface sections 3.3 and 3.4).</summary>
public sealed class EndpointDefinition
{
    internal EndpointDefinition(Type endpoint, Type request, Type response)
    {
        EndpointType = endpoint;
        ReqDtoType = request;
        ResDtoType = response;
    }

    public Type EndpointType { get; }
    public Type ReqDtoType { get; }
    public Type ResDtoType { get; }
    public string[] Routes { get; private set; } = [];
    public string[] Verbs { get; private set; } = [];

    internal bool IsMapped { private get; set; }
    internal bool Anonymous { get; private set; }
    internal EndpointSummary? SummaryText { get; private set; }
    internal Type? ValidatorType { get; set; }
    internal List<Type> PreProcessorTypes { get; } = [];
    internal Stack<Action<RouteHandlerBuilder>> Descriptions { get; } = [];

    /// <summary>Opens every verb of the endpoint to callers without a token (surface section 3.3).</summary>
    public void AllowAnonymous() => Change(() => Anonymous = true);

    /// <summary>Of several, the last registered runs first, and all of them after the defaults (surface section 3.3).</summary>
    public void Description(Action<RouteHandlerBuilder> builder) => Change(() => Descriptions.Push(builder));

    public void Summary(Action<EndpointSummary> summary) => Change(() => summary(SummaryText ??= new EndpointSummary()));

    /// <summary>A type that is in the list already is not added again (surface section 8).</summary>
    public void PreProcessor<TPreProcessor>(Order order) where TPreProcessor : class, IGlobalPreProcessor
    {
        Required.True(order is Order.Before, "Order.After");

        if (!PreProcessorTypes.Contains(typeof(TPreProcessor)))
            Change(() => PreProcessorTypes.Add(typeof(TPreProcessor)));
    }

    internal void At(string verb, string[] routes) => Change(() => (Verbs, Routes) = ([verb], routes));

    private void Change(Action change)
    {
        if (IsMapped)
            throw new InvalidOperationException($"{EndpointType.FullName} can't be configured any more: it has been mapped.");

        change();
    }
}

/// <summary>Where a processor stands among those of the endpoint (surface section 1).</summary>
public enum Order
{
    Before = 0,
    After = 1,
}

/// <summary>The texts of an operation in the document (surface section 12).</summary>
public class EndpointSummary
{
    public string Summary { get; set; } = "";
    public string Description { get; set; } = "";
}
