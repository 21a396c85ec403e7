using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TaskSlices.Features.Accounts;

namespace TaskSlices.Tests.Features.Accounts;

/// <summary>A server with accounts in this process, whose hasher counts.</summary>
[DisableWafCache]
public sealed class HashingApp : App
{
    public CountingHasher Hasher { get; } = new();

    protected override void ConfigureApp(IWebHostBuilder a)
    {
        a.UseData(DataDirectory);
        a.UseSetting("Accounts:AttemptsPerAddress", "1000000");
        a.UseSetting("Accounts:FailuresPerAccount", "1000000");
    }

    protected override void ConfigureServices(IServiceCollection s) => s.AddSingleton<IPasswordHasher<Account>>(Hasher);
}

/// <summary>Identity's hasher, with the product's number of iterations.</summary>
public sealed class CountingHasher : IPasswordHasher<Account>
{
    private readonly PasswordHasher<Account> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Passwords.Iterations }));
    private int _hashes;

    public int Hashes => _hashes;

    /// <summary>Runs before a password is hashed to be stored.</summary>
    public Action OnHashing { get; set; } = () => { };

    public string HashPassword(Account user, string password)
    {
        OnHashing();
        Interlocked.Increment(ref _hashes);

        return _hasher.HashPassword(user, password);
    }

    public PasswordVerificationResult VerifyHashedPassword(Account user, string hashedPassword, string providedPassword)
    {
        Interlocked.Increment(ref _hashes);

        return _hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
    }
}

public sealed class PasswordsTests(HashingApp app) : TestBase<HashingApp>
{
    /// <summary>Bytes of a hash that say how it is made: the marker of the version, the function, the iterations, the length of the salt.</summary>
    private const int Header = 13;

    private const string Composed = "pass\u00e9 compos\u00e9";
    private const string Decomposed = "passe\u0301 compose\u0301";
    private const string Old = "an old password";
    private const string NoIcu = ".NET runs without ICU here: texts can't be normalized.";

    /// <summary>Otherwise the time of an answer says whether an address has an account.</summary>
    [Theory]
    [InlineData("wrong password", 1)]
    [InlineData("wrong passwo\u0301rd", 2)]
    public async Task Computes_as_many_hashes_for_a_try_whether_the_account_exists_or_not(string password, int hashes)
    {
        var email = await SignUpAsync("correct horse");

        Assert.Equal(hashes, await CountAsync(email, password, HttpStatusCode.Unauthorized));
        Assert.Equal(hashes, await CountAsync($"no{email}", password, HttpStatusCode.Unauthorized));
        Assert.Equal(1, await CountAsync(email, "correct horse", HttpStatusCode.OK));
    }

    [Fact]
    public void Compares_with_a_dummy_hash_that_takes_as_long_as_any()
    {
        var dummy = Convert.FromBase64String(Passwords.NewDummyHash());
        var real = Convert.FromBase64String(app.Hasher.HashPassword(null!, "correct horse"));

        Assert.Equal(real.Length, dummy.Length);
        Assert.Equal(real[..Header], dummy[..Header]);
        Assert.NotEqual(Passwords.NewDummyHash(), Passwords.NewDummyHash());
    }

    [Theory]
    [InlineData(Composed, Decomposed)]
    [InlineData(Decomposed, Composed)]
    [InlineData("\ufb01ne \uff50assword", "fine password")]
    [InlineData("not a \ufffe character", "not a \ufffe character")]
    public async Task Takes_a_password_in_another_form_of_the_same_text(string set, string typed)
    {
        Assert.SkipUnless(Passwords.CanNormalize, NoIcu);
        var email = await SignUpAsync(set);

        await SignInAsync(email, typed, HttpStatusCode.OK);
        await SignInAsync(email, set, HttpStatusCode.OK);
        await SignInAsync(email, $"{typed}.", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Keeps_a_hash_of_the_text_as_it_was_sent_and_renews_it()
    {
        Assert.SkipUnless(Passwords.CanNormalize, NoIcu);
        var email = await SignUpAsync("correct horse");
        Store(email, app.Hasher.HashPassword(null!, Decomposed));

        await SignInAsync(email, Composed, HttpStatusCode.Unauthorized);
        await SignInAsync(email, Decomposed, HttpStatusCode.OK);

        await SignInAsync(email, Composed, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Renews_a_hash_with_fewer_iterations_at_the_next_sign_in()
    {
        var email = await SignUpAsync("correct horse");
        Assert.Equal(Passwords.Iterations, Iterations(Stored(email)));
        var old = new PasswordHasher<Account>().HashPassword(null!, Old);
        Store(email, old);

        await SignInAsync(email, "wrong password", HttpStatusCode.Unauthorized);
        Assert.Equal(old, Stored(email));
        await SignInAsync(email, Old, HttpStatusCode.OK);

        Assert.InRange(Iterations(Stored(email)), 210_000, int.MaxValue);
        Assert.Equal(1, await CountAsync(email, Old, HttpStatusCode.OK));
    }

    [Fact]
    public async Task Leaves_a_hash_alone_that_was_changed_meanwhile()
    {
        var email = await SignUpAsync("correct horse");
        Store(email, new PasswordHasher<Account>().HashPassword(null!, Old));
        var other = new PasswordHasher<Account>().HashPassword(null!, "another password");

        app.Hasher.OnHashing = () => Store(email, other);
        await SignInAsync(email, Old, HttpStatusCode.OK);
        app.Hasher.OnHashing = () => { };

        Assert.Equal(other, Stored(email));
    }

    private async Task<string> SignUpAsync(string password)
    {
        var email = $"{App.NewUser()}@example.com";
        await app.Anonymous().Post("/api/auth/sign-up/email", Visitor.Json(new { name = "", email, password })).Is(HttpStatusCode.OK);

        return email;
    }

    private async Task SignInAsync(string email, string password, HttpStatusCode status) =>
        await app.Anonymous().Post("/api/auth/sign-in/email", Visitor.Json(new { email, password })).Is(status);

    private async Task<int> CountAsync(string email, string password, HttpStatusCode status)
    {
        var before = app.Hasher.Hashes;
        await SignInAsync(email, password, status);

        return app.Hasher.Hashes - before;
    }

    private string Stored(string email)
    {
        using var database = app.OpenDatabase();

        return (string)database.Scalar("SELECT password_hash FROM accounts WHERE email = $email", ("$email", email))!;
    }

    private void Store(string email, string hash)
    {
        using var database = app.OpenDatabase();
        database.Execute("UPDATE accounts SET password_hash = $hash WHERE email = $email", ("$hash", hash), ("$email", email));
    }

    /// <summary>Identity's format 3: a marker, the hash function, then the iterations, each of the last two in four bytes, big-endian.</summary>
    private static int Iterations(string hash) =>
        System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Convert.FromBase64String(hash).AsSpan(5));
}
