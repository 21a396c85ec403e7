using System.Reflection;

namespace TaskSlices.Tests.Framework;

/// <summary>
/// What the stand-ins offer exists in the real packages as well. With the stand-ins on, their surface is compared with the list that is
/// committed; on the real packages, each line of that list is looked for in them.
/// </summary>
public sealed class SurfaceTests
{
    private const BindingFlags Visible = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    private static readonly bool StandInsAreOn = DropIn.Metadata("UseStandIns") == "true";
    private static readonly string ListPath = Path.Combine(DropIn.Root, "docs", "stand-ins-surface.txt");

    /// <summary>Where a stand-in's type is not the real one, the sources only ever let the compiler infer it.</summary>
    private static readonly string[] Inferred = ["FastEndpoints.Swagger.DocumentSettings"];

    private static readonly Assembly[] Packages =
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "FastEndpoints*.dll").Order(StringComparer.Ordinal).Select(Assembly.LoadFrom),
    ];

    [Fact]
    public async Task The_list_is_what_the_stand_ins_offer()
    {
        Assert.SkipUnless(StandInsAreOn, "The stand-ins are off in this build; the other test of this class reads the list that they made.");
        var surface = Packages.SelectMany(p => p.GetExportedTypes()).SelectMany(Lines).Distinct().Order(StringComparer.Ordinal).ToArray();
        Assert.True(surface.Length > 100, "The surface of the stand-ins was not found.");

        if (Environment.GetEnvironmentVariable("UPDATE_SURFACE") == "1")
            await File.WriteAllLinesAsync(ListPath, surface, TestContext.Current.CancellationToken);

        Assert.Equal(await File.ReadAllLinesAsync(ListPath, TestContext.Current.CancellationToken), surface);
    }

    [Fact]
    public async Task Each_line_of_the_list_exists_in_the_packages_of_this_build()
    {
        var list = await File.ReadAllLinesAsync(ListPath, TestContext.Current.CancellationToken);
        Assert.True(list.Length > 100, "The list is empty.");

        var types = Packages.SelectMany(p => p.GetExportedTypes()).GroupBy(t => t.FullName!).ToDictionary(t => t.Key, t => t.First());
        var missing = list.Where(line => !Array.Exists(Inferred, line.Contains) && !Exists(line.Split(' '), types)).ToArray();

        Assert.True(missing.Length == 0, $"Not in these packages:\n{string.Join('\n', missing)}");
    }

    private static bool Exists(string[] line, Dictionary<string, Type> types)
    {
        if (!types.TryGetValue(line[0], out var type))
            return false;

        return line[1] == "type" || Members(type).Any(member => Matches(member, line));
    }

    /// <summary>A call of the stand-in's member compiles against this one: it may have more parameters, if they need not be given.</summary>
    private static bool Matches(MemberInfo member, string[] line)
    {
        if (Kind(member) != line[1] || member.Name != line[2])
            return false;

        var wanted = line[3].Split(',', StringSplitOptions.RemoveEmptyEntries);
        var parameters = (member as MethodBase)?.GetParameters() ?? [];

        return line[4] == Name(TypeOf(member))
            && parameters.Length >= wanted.Length
            && parameters.Take(wanted.Length).Select(p => Name(p.ParameterType)).SequenceEqual(wanted)
            && parameters.Skip(wanted.Length).All(p => p.IsOptional || p.IsDefined(typeof(ParamArrayAttribute)));
    }

    private static IEnumerable<string> Lines(Type type) =>
        Members(type).Where(m => m.DeclaringType!.Assembly == type.Assembly)
            .Select(m => $"{type.FullName} {Kind(m)} {m.Name} {string.Join(',', ((m as MethodBase)?.GetParameters() ?? []).Select(p => Name(p.ParameterType)))} {Name(TypeOf(m))}")
            .Prepend($"{type.FullName} type");

    private static IEnumerable<MemberInfo> Members(Type type) =>
        type.GetInterfaces().Prepend(type).Where(t => t == type || type.IsInterface).SelectMany(t => t.GetMembers(Visible)).Where(member => member switch
        {
            // Those that the compiler writes for a property, an event or a record are not what a source names.
            MethodInfo method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !method.IsSpecialName && !method.Name.StartsWith('<'),
            ConstructorInfo constructor => constructor.IsPublic && !type.IsAbstract,
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(a => a.IsPublic || a.IsFamily || a.IsFamilyOrAssembly),
            FieldInfo field => field.IsPublic && !field.IsSpecialName,
            _ => false,
        });

    private static string Kind(MemberInfo member) => $"{member.MemberType}".ToLowerInvariant();

    private static Type TypeOf(MemberInfo member) => member switch
    {
        MethodInfo method => method.ReturnType,
        PropertyInfo property => property.PropertyType,
        FieldInfo field => field.FieldType,
        _ => typeof(void),
    };

    private static string Name(Type type) =>
        type.IsGenericParameter ? $"!{type.GenericParameterPosition}"
        : type.IsArray ? $"{Name(type.GetElementType()!)}[]"
        : type.IsGenericType ? $"{type.Namespace}.{type.Name}<{string.Join(';', type.GetGenericArguments().Select(Name))}>"
        : type.FullName!;
}
