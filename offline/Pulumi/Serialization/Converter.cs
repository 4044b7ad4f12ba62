using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Pulumi.Serialization;

/// <summary>Reads state into the types of [Output] properties. What doesn't fit becomes the type's default, with a warning.</summary>
internal static class Converter
{
    public static object? Convert(string context, object? value, Type target)
    {
        if (TryConvert(context, value, target, out var result))
            return result;

        Log.Warn($"Expected {target.FullName} but got {value!.GetType().FullName} deserializing {context}");
        return target.IsValueType ? Activator.CreateInstance(target) : null;
    }

    private static bool TryConvert(string context, object? value, Type target, out object? result)
    {
        target = Nullable.GetUnderlyingType(target) is { } underlying && value is not null ? underlying : target;
        if (value is null)
        {
            // An unknown inside arrives as null too.
            result = target.IsValueType ? Activator.CreateInstance(target) : null;
            return true;
        }

        if (target == typeof(int) && value is double number)
        {
            result = (int)number;
            return true;
        }

        if (target.IsInstanceOfType(value) && target != typeof(JsonElement))
        {
            result = value;
            return true;
        }

        if (target == typeof(JsonElement))
        {
            result = JsonSerializer.SerializeToElement(value);
            return true;
        }

        if (target.IsEnum && value is double ordinal)
        {
            result = Enum.ToObject(target, (int)ordinal);
            return true;
        }

        if (target.IsValueType && target.IsDefined(typeof(EnumTypeAttribute)) && EnumConstructor(target, value) is { } create)
        {
            result = create.Invoke([value]);
            return true;
        }

        if (target.IsConstructedGenericType)
            return TryConvertGeneric(context, value, target, out result);

        if (target.IsDefined(typeof(OutputTypeAttribute)) && value is ImmutableDictionary<string, object?> fields)
        {
            result = Construct(target, fields);
            return true;
        }

        result = null;
        return false;
    }

    private static bool TryConvertGeneric(string context, object value, Type target, out object? result)
    {
        result = null;
        var definition = target.GetGenericTypeDefinition();
        var arguments = target.GenericTypeArguments;

        if (definition == typeof(ImmutableArray<>) && value is ImmutableArray<object?> items)
        {
            var array = Array.CreateInstance(arguments[0], items.Length);
            for (var index = 0; index < items.Length; index++)
                array.SetValue(Convert(context, items[index], arguments[0]), index);
            result = s_toArray.MakeGenericMethod(arguments[0]).Invoke(null, [array]);
            return true;
        }

        if (definition == typeof(ImmutableDictionary<,>) && arguments[0] == typeof(string) && value is ImmutableDictionary<string, object?> fields)
        {
            var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
            foreach (var (name, field) in fields)
                map[name] = Convert(context, field, arguments[1]);
            result = s_toMap.MakeGenericMethod(arguments).Invoke(null, [map]);
            return true;
        }

        if (definition == typeof(Union<,>))
        {
            var second = !TryConvert(context, value, arguments[0], out var converted);
            if (second && !TryConvert(context, value, arguments[1], out converted))
                return false;

            result = target.GetMethod(second ? "FromT1" : "FromT0")!.Invoke(null, [converted]);
            return true;
        }

        return false;
    }

    private static readonly MethodInfo s_toArray = Static(nameof(ToArray));
    private static readonly MethodInfo s_toMap = Static(nameof(ToMap));

    private static MethodInfo Static(string name)
        => typeof(Converter).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;

    private static ImmutableArray<T> ToArray<T>(T[] items) => [.. items];

    private static ImmutableDictionary<TKey, TValue> ToMap<TKey, TValue>(Dictionary<TKey, TValue> items)
        where TKey : notnull
        => items.ToImmutableDictionary();

    private static ConstructorInfo? EnumConstructor(Type target, object value)
        => target.GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, [value.GetType()]);

    private static object Construct(Type target, ImmutableDictionary<string, object?> fields)
    {
        var constructor = target.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .First(candidate => candidate.IsDefined(typeof(OutputConstructorAttribute)));
        return constructor.Invoke(constructor.GetParameters().Select(Argument).ToArray());

        object? Argument(ParameterInfo parameter)
        {
            var name = parameter.GetCustomAttribute<OutputConstructorParameterAttribute>()?.Name ?? parameter.Name!;
            return Convert($"{target.FullName}({parameter.Name})", fields.GetValueOrDefault(name), parameter.ParameterType);
        }
    }
}
