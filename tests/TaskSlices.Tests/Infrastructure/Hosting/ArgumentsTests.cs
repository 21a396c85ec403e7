using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Hosting;

public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("", "", "")]
    [InlineData("--Port 9000", "--Port 9000", "")]
    [InlineData("--urls http://b:5 --environment=Test", "--urls http://b:5 --environment=Test", "")]
    [InlineData("token ann --Data:Directory elsewhere", "--Data:Directory elsewhere", "token ann")]
    [InlineData("--Data:Directory elsewhere token ann", "--Data:Directory elsewhere", "token ann")]
    [InlineData("--Data:Directory=elsewhere token ann", "--Data:Directory=elsewhere", "token ann")]
    [InlineData("Data:Directory=elsewhere token ann", "Data:Directory=elsewhere", "token ann")]
    [InlineData("--Data:Directory token", "--Data:Directory token", "")]
    [InlineData("--Kestrel:Endpoints:Http:Url http://b:5", "--Kestrel:Endpoints:Http:Url http://b:5", "")]
    [InlineData("pathbase=/tasks DATA_DIR=x", "pathbase=/tasks DATA_DIR=x", "")]
    [InlineData("--BETTER_AUTH_SECRET_FILE x --PORT=1", "--BETTER_AUTH_SECRET_FILE x --PORT=1", "")]
    [InlineData("move --to postgres://u:p@h/db?sslmode=require", "", "move --to postgres://u:p@h/db?sslmode=require")]
    [InlineData("move --to=Host=h;Username=u", "", "move --to=Host=h;Username=u")]
    [InlineData("token -- Data:Directory=x --Port", "", "token -- Data:Directory=x --Port")]
    [InlineData("Foo=bar --foo bar --Prot 9000", "", "Foo=bar --foo bar --Prot 9000")]
    public void Tells_settings_from_words(string arguments, string settings, string words)
    {
        var split = Arguments.Split(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((settings, words), (string.Join(' ', split.Settings), string.Join(' ', split.Words)));
    }

    [Fact]
    public void Takes_no_value_for_a_key() =>
        Assert.Equal(["Auth:Secret", "Port", "Urls"], Arguments.KeysOf(["--Auth:Secret", "--Foo:Bar", "--Port=1", "--Urls", "http://b:5"]));

    [Theory]
    [InlineData("--Data:Directory")]
    [InlineData("--Port")]
    public void Refuses_a_setting_without_a_value(string argument)
    {
        var refusal = Assert.Throws<CommandException>(() => Arguments.Split([argument]));

        Assert.Equal((2, $"{argument} has no value."), (refusal.ExitCode, refusal.Message));
    }
}
