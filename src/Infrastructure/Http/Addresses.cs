using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;

namespace TaskSlices.Infrastructure.Http;

/// <summary>
/// Addresses of this API in answers, as the client sees them: with the sub-path, and escaped (RFC 3986 section 2.1). Also what stands for
/// an address where it must not be told, and for that of a client where many are one.
/// </summary>
public static class Addresses
{
    /// <summary>
    /// What the request was routed to, as the slice writes it: <c>/api/{user_id}/tasks</c>, without anything that the caller sent. Null if
    /// it was routed to nothing.
    /// </summary>
    public static string? RouteTemplate(this HttpContext context) =>
        ((context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint) as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>
    /// The address of a client, as the limits count it: an IPv6 address by its /64 network, which one client usually has for itself. 0 for
    /// none, as on a socket. Behind a proxy it is the proxy's, unless forwarded headers are enabled.
    /// </summary>
    public static ulong NetworkOf(IPAddress? address)
    {
        if (address is null)
            return 0;

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);

        // IPv4 in IPv6 has its address in the last four bytes.
        return address.AddressFamily is AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
            ? BinaryPrimitives.ReadUInt64BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes[(length - 4)..]);
    }

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
