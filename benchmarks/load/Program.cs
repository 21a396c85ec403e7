using TaskSlices.Load.Ceiling;
using TaskSlices.Load.Driver;

return args switch
{
    ["ceiling", var database, var port] => await CeilingServer.RunAsync(database, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)),
    _ => await LoadRun.MainAsync(args),
};
