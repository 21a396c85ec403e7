using FastEndpoints;
using FastEndpoints.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance.Starts;

/// <summary>Starts of hosts that are not the one of the probes.</summary>
public static class Start
{
    /// <summary>Configurations that some build refuses, each the one of the probes with a change. They need a process of their own.</summary>
    private static readonly Dictionary<string, Action<Config>> Configurations = new()
    {
        ["as the probes"] = _ => { },
        ["no ResponseBuilder"] = c => c.Errors.ResponseBuilder = null!,
        ["no ProducesMetadataType"] = c => c.Errors.ProducesMetadataType = null,
        ["no JsonExceptionTransformer"] = c => c.Binding.JsonExceptionTransformer = null,
        ["no FailureMessage"] = c => c.Binding.FailureMessage = null!,
        ["long names"] = c => c.Endpoints.ShortNames = false,
        ["no naming policy"] = c => c.Binding.UsePropertyNamingPolicy = false,
        ["defaults for empty values"] = c => c.Binding.UseDefaultValuesForNullableProps = true,
    };

    /// <summary>Maps these endpoints and validators, and gives the host. A host that has been mapped is the one that CreateToken asks: it is not disposed of.</summary>
    public static WebApplication With(params Type[] types) => With(Probes.Configure, types);

    public static WebApplication With(Action<Config> configure, params Type[] types)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        Probes.Add(builder.Services, types.Contains);
        var app = builder.Build();
        app.UseFastEndpoints(configure);

        return app;
    }

    /// <summary>One start in this process: of a configuration, of the endpoint type of that name, or of nothing but a token. Says how it went.</summary>
    internal static int Run(string name)
    {
        try
        {
            if (name == "a token")
                JwtBearer.CreateToken(o => o.SigningKey = new string('k', 32));
            else if (Configurations.TryGetValue(name, out var change))
                With(config => { Probes.Configure(config); change(config); }, typeof(Sources));
            else
                With(typeof(Start).Assembly.GetType(name, throwOnError: true)!);

            Console.WriteLine("started");
            return 0;
        }
        catch (Exception e)
        {
            Console.WriteLine($"{e.GetType().Name}: {e.Message}");
            return 1;
        }
    }
}
