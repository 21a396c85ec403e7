namespace TaskSlices.Tests.Deploy;

/// <summary>deploy/Caddyfile, in Debian's Caddy. It signs the certificate itself, where it would ask Let's Encrypt.</summary>
[Trait("Speed", "slow")]
public sealed class CaddyTests : ProxyTest
{
    [Theory]
    [InlineData("")]
    [InlineData("/tasks")]
    public async Task Serves_the_site_with_TLS(string subPath)
    {
        var caddy = Tool.Find("caddy", "caddy");
        var server = await StartServerAsync(subPath);
        var site = subPath.Length == 0 ? Adapt("Caddyfile") : Adapt("Caddyfile",
            ("{$SITE:localhost} {", "{$SITE:localhost} {\n\tredir /tasks /tasks/"), ("\treverse_proxy {", "\treverse_proxy /tasks/* {"));
        var configuration = Path.Combine(Folder, "Caddyfile");
        await File.WriteAllTextAsync(configuration, $$"""
            {
                admin off
                local_certs
                skip_install_trust
                http_port {{PlainPort}}
                https_port {{Port}}
            }
            {{site}}
            """, TestContext.Current.CancellationToken);
        await StartProxyAsync(
            caddy, ["run", "--adapter", "caddyfile", "--config", configuration],
            ("SITE", new Uri(Site).Host), ("TASKSLICES", $"127.0.0.1:{server}"), ("HOME", Folder), ("XDG_DATA_HOME", Folder), ("XDG_CONFIG_HOME", Folder));

        await ServesAsync(subPath);
    }
}
