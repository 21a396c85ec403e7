using System.Reflection;
using System.Text.RegularExpressions;
using FluentValidation;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests;

/// <summary>The house rules that a machine can hold (CONTRIBUTING.md says why they are there).</summary>
public sealed partial class ConventionTests
{
    private static readonly Type[] Types = typeof(OwnedRequest).Assembly.GetTypes();
    private static readonly Type[] Slices = [.. Types.Where(t => t is { IsClass: true, IsAbstract: false } && Bases(t).Any(b => b.Name.StartsWith("Endpoint`", StringComparison.Ordinal)))];
    private static readonly (string Path, string Text)[] Sources = [.. SourceFiles("src").Select(path => (path, File.ReadAllText(Path.Combine(DropIn.Root, path))))];

    [Fact]
    public void There_is_something_to_hold_the_rules_against()
    {
        Assert.True(Slices.Length >= 6);
        Assert.True(Sources.Length >= 20);
    }

    [Fact]
    public void Each_slice_is_a_file_of_its_name_with_its_request_and_validator()
    {
        Assert.All(Slices, slice =>
        {
            var (path, text) = Assert.Single(Sources, s => Path.GetFileNameWithoutExtension(s.Path) == slice.Name);
            Assert.StartsWith("src/Features/", path, StringComparison.Ordinal);

            // What reads nothing but its cookie has no request.
            Assert.True(text.Contains($"record {slice.Name}Request", StringComparison.Ordinal) || text.Contains($"class {slice.Name}", StringComparison.Ordinal) && text.Contains("Endpoint<EmptyRequest,", StringComparison.Ordinal), $"{path} has no request.");
        });
        Assert.All(Types.Where(t => t.IsAssignableTo(typeof(IValidator)) && !t.IsAbstract && t.Namespace!.Contains(".Features.", StringComparison.Ordinal)), validator =>
            Assert.Contains(Slices, slice => validator.Name == $"{slice.Name}Validator"));
    }

    /// <summary>FastEndpoints validates before the owner guard runs: a stranger's body must cost no query.</summary>
    [Fact]
    public void No_validator_takes_a_service_or_reads_the_database()
    {
        var validators = Types.Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IValidator))).ToList();

        Assert.True(validators.Count >= 3);
        Assert.All(validators, validator =>
        {
            Assert.Empty(Assert.Single(validator.GetConstructors()).GetParameters());
            var file = Assert.Single(Sources, s => s.Text.Contains($"class {validator.Name}", StringComparison.Ordinal));
            var body = Regex.Match(file.Text, $@"class {validator.Name}\b.*?(?=
}}|;)", RegexOptions.Singleline).Value;
            Assert.DoesNotMatch(@"\b(Resolve|TryResolve|CreateScope|AppDb|MustAsync|CustomAsync)\b", body);
        });
    }

    [Fact]
    public void No_slice_names_a_type_of_another() =>
        Assert.All(Slices, slice =>
        {
            var text = Assert.Single(Sources, s => Path.GetFileNameWithoutExtension(s.Path) == slice.Name).Text;
            Assert.All(Slices.Where(other => other != slice), other => Assert.DoesNotMatch($@"\b{other.Name}(Request|Validator|Response)?\b", text));
        });

    [Fact]
    public void Infrastructure_never_names_a_feature() =>
        Assert.All(Sources.Where(s => s.Path.StartsWith("src/Infrastructure/", StringComparison.Ordinal)), source =>
            Assert.DoesNotContain("TaskSlices.Features", source.Text, StringComparison.Ordinal));

    /// <summary>docs/decisions and CONTRIBUTING: each folder of Infrastructure names only those before it.</summary>
    [Fact]
    public void No_folder_of_Infrastructure_names_a_later_one()
    {
        string[] order = ["Hosting", "Data", "Http", "Auth", "Slices", "Operations"];
        var sources = Sources.Where(s => s.Path.StartsWith("src/Infrastructure/", StringComparison.Ordinal)).ToList();

        Assert.Equal(order.Order(), sources.Select(s => s.Path.Split('/')[2]).Distinct().Order());
        Assert.All(sources, source =>
        {
            var later = order[(Array.IndexOf(order, source.Path.Split('/')[2]) + 1)..];
            Assert.DoesNotMatch($@"\bInfrastructure\.({string.Join('|', later.DefaultIfEmpty("none"))})\b", source.Text);
        });
    }

    [Fact]
    public void Public_classes_are_sealed_or_made_to_be_derived_from() =>
        Assert.All(Types.Where(t => t is { IsClass: true, IsPublic: true } && t != typeof(Program)), type =>
            Assert.True(type.IsSealed || type.IsAbstract, $"{type.FullName} is neither sealed nor abstract."));

    [Theory]
    [InlineData(@"\bcatch\b", "an expected outcome is a result, an unexpected one is mapped once, in Problems")]
    [InlineData(@"\bDateTime(Offset)?\.(Utc)?Now\b", "time comes from TimeProvider")]
    [InlineData(@"\bGuid\.NewGuid\b", "ids come from IdSource")]
    [InlineData(@"\bSend\.\w", "it starts an empty response; return a result")]
    [InlineData(@"\bAllowAnonymous\b", "a user's route is never open")]
    [InlineData(@"\b(ExecuteUpdate|ExecuteDelete|ExecuteSql|SqlQuery|FromSql)", "it would pass by the revision and the writer's turn")]
    [InlineData(@"\b(IgnoreQueryFilters|IDbContextFactory|RowOwner)\b", "it would pass by the filter by owner")]
    [InlineData(@"\.(Skip|Result)\b\(?", "lists are paged by key, and nothing waits for a task by blocking")]
    public void Features_stay_clear_of(string pattern, string why) =>
        Assert.All(Sources.Where(s => s.Path.StartsWith("src/Features/", StringComparison.Ordinal) && !s.Path.EndsWith("/UserRows.cs", StringComparison.Ordinal)), source =>
            Assert.False(Regex.IsMatch(source.Text, pattern), $"{source.Path} has {pattern}: {why}."));

    [Fact]
    public void No_file_of_src_knows_whether_stand_ins_are_on() =>
        Assert.All(Sources, source => Assert.DoesNotMatch(StandIn(), source.Text));

    [Fact]
    public void No_line_is_longer_than_140_characters() =>
        Assert.All(Sources, source => Assert.DoesNotContain(source.Text.Split('\n'), line => line.Length > 140));

    [Fact]
    public void Program_is_a_table_of_contents()
    {
        var program = Assert.Single(Sources, s => s.Path == "src/Program.cs").Text;

        Assert.True(program.Split('\n').Count(line => line.Trim().Length > 0) <= 40, "Program.cs has grown; what it does belongs to a concern.");
    }

    [Fact]
    public void The_tests_mirror_src() =>
        Assert.All(Slices, slice => Assert.Contains(SourceFiles("tests"), path => path.EndsWith($"/{slice.Namespace!.Split('.')[^1]}/{slice.Name}Tests.cs", StringComparison.Ordinal)));

    [Fact]
    public void Every_decision_has_a_status_and_a_date()
    {
        var decisions = Directory.GetFiles(Path.Combine(DropIn.Root, "docs", "decisions"), "0*.md");

        Assert.NotEmpty(decisions);
        Assert.All(decisions, path => Assert.Matches(
            @"^# \d+\. .+\n\n\*\*Status\.\*\* (Accepted|Superseded by \d+), \d{4}-\d\d-\d\d\.\n",
            File.ReadAllText(path)));
    }

    [Fact]
    public void Workflows_pin_every_action_by_its_commit()
    {
        var actions = Directory.GetFiles(Path.Combine(DropIn.Root, ".github", "workflows"))
            .SelectMany(File.ReadLines)
            .Where(line => line.Contains("uses:", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(actions);
        Assert.All(actions, line => Assert.Matches(@"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line));
    }

    /// <summary>Says so where they are left out.</summary>
    [Fact]
    public void Slow_tests_run_too()
    {
        var slow = typeof(ConventionTests).Assembly.GetTypes().Where(type => !type.IsAbstract && type.GetCustomAttributes<TraitAttribute>().Any(trait => trait is { Name: "Speed", Value: "slow" })).ToList();
        Assert.NotEmpty(slow);
        if (Environment.GetEnvironmentVariable("TEST_SLOW") == "true")
            return;

        var leftOut = $"{slow.Count} slow classes of tests are left out. CI runs them, and so does TEST_SLOW=true dotnet test.";
        TestContext.Current.AddWarning(leftOut);
        Assert.Skip(leftOut);
    }

    private static IEnumerable<Type> Bases(Type type)
    {
        for (var current = type.BaseType; current is not null; current = current.BaseType)
            yield return current;
    }

    private static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(DropIn.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(DropIn.Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal));

    [GeneratedRegex("stand-?ins?|#if", RegexOptions.IgnoreCase)]
    private static partial Regex StandIn();
}
