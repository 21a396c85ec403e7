namespace TaskSlices.Infrastructure.Hosting;

/// <summary>
/// Where the secrets are kept that the server makes itself: files in the data directory, or a table that all instances share.
/// </summary>
public interface ISecretStore
{
    /// <summary>
    /// The secret of that name, made if there is none yet; the first of several writers wins. It is kept before it is returned.
    /// </summary>
    /// <exception cref="StartupException">It can't be read or written.</exception>
    string Keep(string name, Func<string> make);

    /// <summary>Whether there is a secret of that name.</summary>
    /// <exception cref="StartupException">It can't be read.</exception>
    bool Has(string name);

    /// <summary>The secrets <c>folder/*.pem</c>, in the order of their names, each with the place that a message can name.</summary>
    /// <exception cref="StartupException">One can't be read.</exception>
    IReadOnlyList<(string Place, string Text)> InFolder(string folder);

    /// <summary>Where the secret of that name is, or would be, for messages.</summary>
    string PlaceOf(string name);
}
