namespace TaskSlices.Tests.Deploy;

/// <summary>deploy/nginx.conf, in Debian's nginx.</summary>
[Trait("Speed", "slow")]
public sealed class NginxTests : ProxyTest
{
    [Theory]
    [InlineData("/tasks")]
    [InlineData("")]
    public async Task Serves_the_site_with_TLS(string subPath)
    {
        var nginx = Tool.Find("nginx", "nginx-light");
        var (certificate, key) = MakeCertificate();
        var server = await StartServerAsync(subPath);
        var site = Adapt("nginx.conf",
            ("listen 80;", $"listen 127.0.0.1:{PlainPort};"),
            ("listen 443 ", $"listen 127.0.0.1:{Port} "),
            ("/etc/ssl/tasks.example.com.pem", certificate),
            ("/etc/ssl/tasks.example.com.key", key),
            ("http://127.0.0.1:8000", $"http://127.0.0.1:{server}"),
            ("location /tasks/ ", $"location {subPath}/ "));
        var configuration = Path.Combine(Folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            user root;
            pid {{Folder}}/pid;
            events {}
            http {
                access_log off;
                client_body_temp_path {{Folder}}/body;
                proxy_temp_path {{Folder}}/proxy;
                fastcgi_temp_path {{Folder}}/fastcgi;
                uwsgi_temp_path {{Folder}}/uwsgi;
                scgi_temp_path {{Folder}}/scgi;
                {{site}}
            }
            """, TestContext.Current.CancellationToken);
        await StartProxyAsync(nginx, ["-e", "stderr", "-c", configuration]);

        await ServesAsync(subPath);
        await LeadsToTlsAsync($"{subPath}/api/ann/tasks?limit=1");
    }
}
