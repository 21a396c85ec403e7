using System.Globalization;

namespace TaskSlices.Infrastructure.Http;

/// <summary>Addresses of this API in answers, as the client sees them: with the sub-path, and escaped (RFC 3986 section 2.1).</summary>
public static class Addresses
{
    /// <summary>Where the client sees the API: <c>/tasks</c>, or nothing.</summary>
    public static string SubPath(this HttpRequest request) => Escape(request.PathBase);

    /// <summary>The address of the request itself, without its query.</summary>
    public static string OwnAddress(this HttpRequest request) => request.SubPath() + Escape(request.Path);

    /// <summary>Another address of this API: <c>$"/api/{userId}/tasks/{id}"</c>. The values in it are escaped here.</summary>
    public static string AddressOf(this HttpRequest request, FormattableString path)
    {
        var values = Array.ConvertAll(path.GetArguments(), value => (object)Uri.EscapeDataString($"{value}"));

        return request.SubPath() + string.Format(CultureInfo.InvariantCulture, path.Format, values);
    }

    // PathString.ToUriComponent leaves a %2e as it is, also where it is part of a value.
    private static string Escape(PathString path) =>
        path.HasValue ? string.Join('/', path.Value.Split('/').Select(Uri.EscapeDataString)) : "";
}
