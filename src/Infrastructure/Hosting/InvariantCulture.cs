using System.Globalization;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>Texts and numbers are the same on every machine, whatever its language is.</summary>
public static class InvariantCulture
{
    /// <summary>Holds for every thread of the process. ICU is still used, for what depends on no culture: Unicode normalization.</summary>
    public static void Use()
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
    }
}
