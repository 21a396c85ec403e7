using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The <c>Data</c> section: where everything is kept.</summary>
public sealed class DataSettings
{
    /// <summary>The directory of the SQLite file and the secrets; relative to the working directory.</summary>
    public string Directory { get; set; } = "data";

    /// <summary>The address of a PostgreSQL database. Empty means SQLite in <see cref="Directory"/>.</summary>
    public string ConnectionString { get; set; } = "";
}

internal sealed class DataSettingsCheck : IValidateOptions<DataSettings>
{
    public ValidateOptionsResult Validate(string? name, DataSettings options) => options.Directory.Length > 0
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail("Data:Directory (DATA_DIR) is empty. Set it to the directory to keep the data in.");
}
