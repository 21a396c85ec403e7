using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The <c>Data</c> section: where everything is kept.</summary>
public sealed class DataSettings
{
    /// <summary>The directory of the SQLite file and the secrets; relative to the working directory.</summary>
    public string Directory { get; set; } = "data";

    /// <summary>The address of another database. Empty means SQLite in <see cref="Directory"/>.</summary>
    public string ConnectionString { get; set; } = "";
}

internal sealed class DataSettingsCheck : IValidateOptions<DataSettings>
{
    public ValidateOptionsResult Validate(string? name, DataSettings options) => options switch
    {
        { Directory: "" } => ValidateOptionsResult.Fail("Data:Directory (DATA_DIR) is empty. Set it to the directory to keep the data in."),
        { ConnectionString.Length: > 0 } => ValidateOptionsResult.Fail(
            "Data:ConnectionString (DATABASE_URL) is set, and this version keeps its data in SQLite only. "
            + "Remove it; Data:Directory (DATA_DIR) says where the file is."),
        _ => ValidateOptionsResult.Success,
    };
}
