using System.Reflection;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Marks a column that the program computes from the row's other properties, for lists to filter, sort and search by. It is saved with the
/// row and never read: <c>public string TitleKey { get => SearchText.Fold(Title); private set { } }</c>. If the computation changes, a
/// <see cref="SchemaStep"/> with <see cref="SchemaStep.Derives"/> stores it anew.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DerivedAttribute : Attribute
{
    internal static bool Is(IReadOnlyProperty property) => property.PropertyInfo?.IsDefined(typeof(DerivedAttribute)) is true;
}
