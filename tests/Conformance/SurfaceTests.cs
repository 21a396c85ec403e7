using System.Reflection;
using System.Runtime.Loader;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>
/// What the stand-ins offer exists in the real packages as well. With the stand-ins on, their surface is compared with the list that is
/// committed; on the real packages, each line of that list is looked for in them. Where FASTENDPOINTS_DIR names a folder that has the real
/// assemblies and all that they need, such as the output of a build on the packages, each line is looked for in those, whatever this build is.
/// </summary>
public sealed class SurfaceTests
{
    private const BindingFlags Visible = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    private const string Variable = "FASTENDPOINTS_DIR";

    private static readonly string ListPath = Path.Combine(Build.Root, "docs", "stand-ins-surface.txt");

    /// <summary>Where a stand-in's type is not the real one, the sources only ever let the compiler infer it.</summary>
    private static readonly string[] Inferred = ["FastEndpoints.Swagger.DocumentSettings"];

    [Fact]
    public async Task The_list_is_what_the_stand_ins_offer()
    {
        Build.SkipUnless(Build.HasStandIns, "The stand-ins are off in this build; another test of this class reads the list that they made.");
        var surface = TypesIn(AppContext.BaseDirectory, AssemblyLoadContext.Default).SelectMany(Lines).Distinct().Order(StringComparer.Ordinal).ToArray();
        Assert.True(surface.Length > 100, "The surface of the stand-ins was not found.");

        if (Environment.GetEnvironmentVariable("UPDATE_SURFACE") == "1")
            await File.WriteAllLinesAsync(ListPath, surface, TestContext.Current.CancellationToken);

        Assert.Equal(await File.ReadAllLinesAsync(ListPath, TestContext.Current.CancellationToken), surface);
    }

    [Fact]
    public async Task Each_line_of_the_list_exists_in_the_packages_of_this_build() =>
        Assert.Empty(await MissingAsync(TypesIn(AppContext.BaseDirectory, AssemblyLoadContext.Default)));

    [Fact]
    public async Task Each_line_of_the_list_exists_in_the_real_assemblies_that_were_given()
    {
        var directory = Environment.GetEnvironmentVariable(Variable);
        Build.SkipUnless(directory is { Length: > 0 }, $"{Variable} names no folder with the real assemblies.");
        var real = new AssemblyLoadContext("real");
        real.Resolving += (context, name) => Path.Combine(directory!, $"{name.Name}.dll") switch { var path when File.Exists(path) => context.LoadFromAssemblyPath(path), _ => null };

        var types = TypesIn(directory!, real);

        Assert.True(types.Exists(t => t.FullName == "FastEndpoints.ResponseSender`2"), $"What is in {directory} is not FastEndpoints itself.");
        Assert.Empty(await MissingAsync(types));
    }

    private static List<Type> TypesIn(string directory, AssemblyLoadContext context) =>
    [
        .. Directory.EnumerateFiles(directory, "FastEndpoints*.dll").Order(StringComparer.Ordinal).SelectMany(path => context.LoadFromAssemblyPath(path).GetExportedTypes()),
    ];

    private static async Task<IEnumerable<string>> MissingAsync(List<Type> offered)
    {
        var list = await File.ReadAllLinesAsync(ListPath, TestContext.Current.CancellationToken);
        Assert.True(list.Length > 100, "The list is empty.");
        var types = offered.GroupBy(t => t.FullName!).ToDictionary(t => t.Key, t => t.First());

        return list.Where(line => !Array.Exists(Inferred, line.Contains) && !Exists(line.Split(' '), types));
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
        if (member is PropertyInfo property)
            return line[4] == Name(property.PropertyType) && !wanted.Except(Accessors(property)).Any();

        var parameters = (member as MethodBase)?.GetParameters() ?? [];

        return line[4] == Name(TypeOf(member))
            && parameters.Length >= wanted.Length
            && parameters.Take(wanted.Length).Select(p => Name(p.ParameterType)).SequenceEqual(wanted)
            && parameters.Skip(wanted.Length).All(p => p.IsOptional || p.IsDefined(typeof(ParamArrayAttribute)));
    }

    private static IEnumerable<string> Lines(Type type) =>
        Members(type).Where(m => m.DeclaringType!.Assembly == type.Assembly)
            .Select(m => $"{type.FullName} {Kind(m)} {m.Name} {string.Join(',', m is PropertyInfo p ? Accessors(p) : Parameters(m))} {Name(TypeOf(m))}")
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

    private static IEnumerable<string> Parameters(MemberInfo member) => ((member as MethodBase)?.GetParameters() ?? []).Select(p => Name(p.ParameterType));

    /// <summary>Those that a source can use.</summary>
    private static IEnumerable<string> Accessors(PropertyInfo property) =>
        property.GetAccessors(nonPublic: true).Where(a => a.IsPublic || a.IsFamily || a.IsFamilyOrAssembly).Select(a => a.Name[..3]);

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
