using System.Collections.Concurrent;
using System.Reflection;
using Pulumi.Serialization;

namespace Pulumi;

/// <summary>A class whose [Input] members are sent to the provider.</summary>
public abstract class InputArgs
{
    private static readonly ConcurrentDictionary<Type, ImmutableArray<Member>> s_members = new();

    protected InputArgs()
    {
    }

    /// <exception cref="ArgumentNullException">A required member has no value.</exception>
    internal virtual ImmutableDictionary<string, object?> ToDictionary()
    {
        var result = ImmutableDictionary.CreateBuilder<string, object?>();
        foreach (var member in s_members.GetOrAdd(GetType(), MembersOf))
        {
            var fullName = $"[Input] {GetType().FullName}.{member.Name}";
            var value = member.Get(this);
            if (member.Input.IsRequired && value is null)
                throw new ArgumentNullException(member.Name, $"{fullName} is required but was not given a value");

            result.Add(member.Input.Name, member.Input.Json ? JsonText.Of(fullName, value) : value);
        }

        return result.ToImmutable();
    }

    private static ImmutableArray<Member> MembersOf(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
        var fields = type.GetFields(All).Select(field => (Member: (MemberInfo)field, Get: (Func<object, object?>)field.GetValue));
        var properties = type.GetProperties(All).Select(property => (Member: (MemberInfo)property, Get: (Func<object, object?>)property.GetValue));
        return fields.Concat(properties)
            .Select(candidate => (candidate.Member.Name, candidate.Get, Input: candidate.Member.GetCustomAttribute<InputAttribute>()))
            .Where(candidate => candidate.Input is not null)
            .Select(candidate => new Member(candidate.Name, candidate.Get, candidate.Input!))
            .ToImmutableArray();
    }

    private sealed record Member(string Name, Func<object, object?> Get, InputAttribute Input);
}

/// <summary>The arguments of a resource.</summary>
public abstract class ResourceArgs : InputArgs
{
    public static readonly ResourceArgs Empty = new NoArgs();

    protected ResourceArgs()
    {
    }

    private sealed class NoArgs : ResourceArgs;
}

/// <summary>Arguments known only by name, for a resource without classes of its own.</summary>
public sealed class DictionaryResourceArgs(ImmutableDictionary<string, object?> dictionary) : ResourceArgs
{
    internal override ImmutableDictionary<string, object?> ToDictionary() => dictionary;
}
