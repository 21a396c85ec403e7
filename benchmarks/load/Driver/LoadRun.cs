namespace TaskSlices.Load.Driver;

/// <summary>One run of the driver: makes what it needs in a temporary directory, measures, prints, and takes everything away again.</summary>
public static class LoadRun
{
    public static async Task<int> MainAsync(string[] args)
    {
        if (args is ["--help" or "-h"])
        {
            Console.WriteLine(LoadOptions.Usage);
            return 0;
        }

        var temporary = Directory.CreateTempSubdirectory("taskslices-load-").FullName;
        try
        {
            var options = LoadOptions.Read(args);
            Tools.Demand();
            var product = options.Product ?? await Tools.PublishProductAsync(temporary);
            var alternative = options.Against is null ? null : await Tools.PublishAsync(temporary, "contenders", "TaskSlices.Contenders");
            var bench = new Bench(temporary, product, alternative, options);

            if (options.Depth)
                await new DepthRun(bench, options).RunAsync();
            if (options.TwoCpus)
                await new TwoCpusRun(bench, options).RunAsync();
            if (options.Shape)
                await new ShapeRun(bench, options).RunAsync();
            if (options.Streams)
                await new StreamsRun(bench, options).RunAsync();
            if (options.Stages)
                await new StagesRun(bench, options, await Tools.PublishAsync(temporary, "stages", "TaskSlices.Stages")).RunAsync();
            if (options is { Depth: false, TwoCpus: false, Shape: false, Streams: false, Stages: false })
                await new WorkloadsRun(bench, options).RunAsync();

            return 0;
        }
        catch (LoadException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }
}
