using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Microsoft.EntityFrameworkCore.Sqlite;

internal static class SqliteLoader
{
    /// <summary>
    /// EF Core names a newer SQLitePCLRaw.core than the one beside the app: the runtime refuses an older assembly than asked for, unless
    /// someone answers for it. Where the feed has the version that was asked for, this is never called.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before the first use of EF Core, and src must not know of it.")]
    internal static void Initialize()
    {
        AssemblyLoadContext.Default.Resolving += static (context, name) =>
            name.Name == "SQLitePCLRaw.core" ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll")) : null;
        Initialized();
    }

    // Apart from the method above, so that SQLitePCLRaw is first looked for when the answer to that is in place.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Initialized() => SQLitePCL.Batteries_V2.Init();
}
