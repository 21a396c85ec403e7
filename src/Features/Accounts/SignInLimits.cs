using System.Net;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Http;

namespace TaskSlices.Features.Accounts;

/// <summary>Limits the password attempts from one address and for one account, whether or not that account exists.</summary>
public sealed class SignInLimits(IOptions<AccountSettings> settings, ICounters counters)
{
    private const string ByAddress = "address", ByAccount = "account", ByMailbox = "mail";

    /// <summary>How many links one mailbox gets in a quarter of an hour: each is a mail that its owner may not have asked for.</summary>
    public const int MailsPerAccount = 3;

    private static readonly TimeSpan AddressWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AccountWindow = TimeSpan.FromMinutes(15);

    /// <summary>Counts an attempt before it is made, so that parallel attempts count like sequential ones.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="account">The account, or null for a sign-up.</param>
    /// <returns>How long to wait; null if the attempt may be made.</returns>
    public async ValueTask<TimeSpan?> TakeAsync(IPAddress? address, string? account) =>
        await counters.CountAsync(ByAddress, $"{Addresses.NetworkOf(address)}", settings.Value.AttemptsPerAddress, AddressWindow)
        ?? (account is null ? null : await counters.CountAsync(ByAccount, account, settings.Value.FailuresPerAccount, AccountWindow));

    /// <summary>Counts a request for a mail. It does not keep the account's owner from signing in.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="account">The account, whether or not it exists.</param>
    /// <returns>How long to wait; null if it may be sent.</returns>
    public async ValueTask<TimeSpan?> TakeMailAsync(IPAddress? address, string account) =>
        await TakeAsync(address, account: null) ?? await counters.CountAsync(ByMailbox, account, MailsPerAccount, AccountWindow);

    /// <summary>Takes back a counted attempt: the password was right, or was not tried.</summary>
    public async ValueTask GiveBackAsync(string account) => await counters.GiveBackAsync(ByAccount, account);
}
