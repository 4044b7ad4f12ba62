#if PULUMI_OFFLINE
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FleetPrometheus.Tests.Offline;

/// <summary>Writes the public surface of an assembly in the notation of the dumps of the official one, a line per type and member.</summary>
internal sealed class ApiNotation
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(string)] = "string", [typeof(object)] = "object", [typeof(bool)] = "bool", [typeof(int)] = "int",
        [typeof(double)] = "double", [typeof(void)] = "void", [typeof(byte)] = "byte",
    };

    private readonly NullabilityInfoContext _nullability = new();

    public IEnumerable<string> Lines(Assembly assembly)
        => assembly.GetExportedTypes().SelectMany(Lines);

    private IEnumerable<string> Lines(Type type)
    {
        // A line's own name is always qualified, the names in it only outside Pulumi.
        var name = type.Namespace == "Pulumi" ? $"Pulumi.{NameOf(type)}" : NameOf(type);
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            var invoke = type.GetMethod("Invoke")!;
            return [$"{name} : delegate {ReturnOf(invoke)} ({ParametersOf(invoke)})"];
        }

        var lines = new List<string> { $"{name} : {KindOf(type)}{BasesOf(type)}{AttributesOf(type)}" };
        lines.AddRange(type.GetConstructors(Declared & ~BindingFlags.Static).Where(IsVisible)
            .Select(constructor => $"{name}.ctor({ParametersOf(constructor)}) : {Protection(constructor)}constructor"));
        lines.AddRange(type.GetProperties(Declared).Where(property => property.GetAccessors(true).Any(IsVisible))
            .Select(property => Line(name, property)));
        lines.AddRange(type.GetMethods(Declared).Where(method => IsVisible(method) && IsOwn(method))
            .Select(method => Line(name, method)));
        lines.AddRange(type.GetFields(Declared).Where(field => field.IsPublic && !field.IsSpecialName)
            .Select(field => $"{name}.{field.Name} : {(field.IsStatic ? "static " : "")}readonly {TypeOf(_nullability.Create(field), field)} field"));
        return lines;
    }

    private string Line(string type, PropertyInfo property)
    {
        var accessors = new List<string>();
        var most = property.GetAccessors(true).First(IsVisible);
        if (property.GetMethod is { } get)
            accessors.Add("get;");
        if (property.SetMethod is { } set)
            accessors.Add((set.IsPublic ? "" : Access(set)) + "set;");

        var name = property.GetIndexParameters() is { Length: > 0 } index
            ? $"this[{string.Join(", ", index.Select(ParameterOf))}]"
            : property.Name;
        var nullability = _nullability.Create(property);
        return $"{type}.{name} : {(most.IsStatic ? "static " : "")}{TypeOf(nullability, property)} {{ {string.Join(" ", accessors)} }}{AttributesOf(property)}";
    }

    private string Line(string type, MethodInfo method)
    {
        var generic = method.IsGenericMethod
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>"
            : "";
        var modifiers = Protection(method)
            + (method.IsStatic ? "static "
                : method.GetBaseDefinition().DeclaringType != method.DeclaringType ? "override "
                : method.DeclaringType!.IsInterface && !method.IsAbstract ? "default-impl "
                : "");
        var annotation = method.ReturnParameter.GetCustomAttributesData().Any(data => data.AttributeType.Name == "MaybeNullAttribute")
            ? " [return: MaybeNull]"
            : "";
        return $"{type}.{method.Name}{generic}({ParametersOf(method)}) : {modifiers}{ReturnOf(method)}{ConstraintsOf(method)}{annotation}";
    }

    private static string ConstraintsOf(MethodInfo method)
        => string.Concat((method.IsGenericMethod ? method.GetGenericArguments() : [])
            .Select(argument => (argument.Name, Constraints: argument.GetGenericParameterConstraints().Select(constraint => constraint.Name)
                .Concat(argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) ? ["new()"] : [])
                .ToList()))
            .Where(argument => argument.Constraints.Count > 0)
            .Select(argument => $" where {argument.Name}: {string.Join(", ", argument.Constraints)}"));

    private string ReturnOf(MethodInfo method) => TypeOf(_nullability.Create(method.ReturnParameter), method.ReturnParameter);

    private string ParametersOf(MethodBase method)
        => (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", method.GetParameters().Select(ParameterOf));

    private string ParameterOf(ParameterInfo parameter)
    {
        var prefix = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : parameter.IsOut ? "out " : "";
        if (parameter.GetCustomAttributesData().Any(data => data.AttributeType.Name == "NotNullWhenAttribute"))
            prefix = "[NotNullWhen(true)] " + prefix;
        var initial = !parameter.HasDefaultValue ? ""
            : " = " + (parameter.DefaultValue switch
            {
                null => parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? "default" : "null",
                bool flag => flag ? "true" : "false",
                string text => $"\"{text}\"",
                var other => Convert.ToString(other, CultureInfo.InvariantCulture),
            });
        return $"{prefix}{TypeOf(_nullability.Create(parameter), parameter)} {parameter.Name}{initial}";
    }

    private static string KindOf(Type type)
        => type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class"
            : "class";

    private string BasesOf(Type type)
    {
        var bases = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            bases.Add(NameOf(parent));
        bases.AddRange(type.GetInterfaces()
            .Where(candidate => candidate.IsPublic && type.BaseType?.GetInterfaces().Contains(candidate) != true)
            .Select(NameOf).Order(StringComparer.Ordinal));
        return bases.Count == 0 ? "" : " < " + string.Join(", ", bases);
    }

    /// <summary>The attributes the dumps show, with what they say.</summary>
    private static string AttributesOf(MemberInfo member)
    {
        var own = member.CustomAttributes.ToList();
        // The packages mark a list's or map's private field instead of its property.
        if (member is PropertyInfo)
        {
            own.AddRange(member.DeclaringType!.GetField($"_{char.ToLowerInvariant(member.Name[0])}{member.Name[1..]}", BindingFlags.NonPublic | BindingFlags.Instance)
                ?.CustomAttributes ?? []);
        }

        return string.Concat(own.Select(Describe).OfType<string>().Select(text => $" [{text}]"));
    }

    private static string? Describe(CustomAttributeData data)
    {
        var name = data.AttributeType.Name[..^"Attribute".Length];
        var arguments = data.ConstructorArguments;
        switch (name)
        {
            case "OutputType" or "EnumType":
                return name;
            case "Input":
                var options = data.Constructor.GetParameters().Zip(arguments).Skip(1)
                    .Where(option => option.Second.Value is true)
                    .Select(option => $", {option.First.Name}: true");
                return $"Input(\"{arguments[0].Value}\"{string.Concat(options)})";
            case "Output":
                return $"Output(\"{arguments[0].Value}\")";
            case "AttributeUsage":
                return $"AttributeUsage({(AttributeTargets)(int)arguments[0].Value!})";
            default:
                return name.EndsWith("ResourceType", StringComparison.Ordinal) ? $"{name}(\"{arguments[0].Value}\")" : null;
        }
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOwn(MethodInfo method)
        => !method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static string Protection(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Access(MethodBase method)
        => method.IsPrivate ? "private "
            : method.IsFamilyAndAssembly ? "private protected "
            : method.IsAssembly ? "internal "
            : "protected ";

    private string TypeOf(NullabilityInfo info, ICustomAttributeProvider source)
    {
        var elements = source.GetCustomAttributes(typeof(TupleElementNamesAttribute), false)
            .OfType<TupleElementNamesAttribute>().SelectMany(names => names.TransformNames).ToList();
        var next = 0;
        return TypeOf(info, () => next < elements.Count ? elements[next++] : null);
    }

    private string TypeOf(NullabilityInfo info, Func<string?> nextElement)
    {
        var type = info.Type;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return NameOf(underlying) + "?";

        string text;
        if (type.IsArray)
        {
            text = TypeOf(info.ElementType!, nextElement) + "[]";
        }
        else if (type.IsGenericType && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal))
        {
            // A tuple's element names come first, then those inside its elements.
            var arguments = Flatten(info).ToList();
            var names = arguments.Select(_ => nextElement()).ToList();
            text = $"({string.Join(", ", arguments.Zip(names, (argument, name) => TypeOf(argument, nextElement) + (name is null ? "" : " " + name)))})";
        }
        else if (type.IsGenericType)
        {
            text = Stem(type) + $"<{string.Join(", ", info.GenericTypeArguments.Select(argument => TypeOf(argument, nextElement)))}>";
        }
        else
        {
            text = NameOf(type);
        }

        var nullable = !type.IsValueType && !type.IsGenericParameter && info.ReadState == NullabilityState.Nullable;
        return nullable ? text + "?" : text;
    }

    // The eighth element of a tuple is a tuple of its own.
    private static IEnumerable<NullabilityInfo> Flatten(NullabilityInfo tuple)
        => tuple.GenericTypeArguments.SelectMany((argument, index) => index == 7 ? Flatten(argument) : [argument]);

    private string NameOf(Type type)
    {
        if (s_keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;
        return type.IsGenericType
            ? Stem(type) + $"<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : Stem(type);
    }

    /// <summary>The name as the dumps qualify it: not in Pulumi itself and the usual namespaces of the framework.</summary>
    private static string Stem(Type type)
    {
        var name = type.Name.Split('`')[0];
        var own = type.Assembly.GetName().Name!.StartsWith("Pulumi", StringComparison.Ordinal);
        return type.Namespace switch
        {
            "Pulumi" => name,
            "System.Text.Json" => $"System.Text.Json.{name}",
            { } space when own => $"{space}.{name}",
            _ => name,
        };
    }
}
#endif
