using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace FleetPrometheus.Offline.Generator
{
    /// <summary>Writes the C# of one API group in the shape of the official package.</summary>
    internal sealed class KubernetesSource
    {
        private readonly TypeTable _table;
        private readonly HashSet<string> _inputs;
        private readonly HashSet<string> _outputs;

        public KubernetesSource(TypeTable table)
        {
            _table = table;
            _inputs = table.Reached(inputs: true);
            _outputs = table.Reached(inputs: false);
        }

        public string Write(string group)
        {
            var types = _table.Types.Values.Where(t => t.Group == group).ToList();
            var source = new StringBuilder();
            source.AppendLine("#nullable enable");
            source.AppendLine("using System.Collections.Immutable;");

            Namespace(source, group, () =>
            {
                foreach (var type in types.Where(t => t.ApiVersion != null))
                    WriteResource(source, type);
                foreach (var pair in _table.Enums.Where(e => e.Key.StartsWith(group + ".", StringComparison.Ordinal)))
                    WriteEnum(source, pair.Key.Substring(group.Length + 1), pair.Value);
            });
            Namespace(source, "Types.Inputs." + group, () =>
            {
                foreach (var type in types.Where(t => _inputs.Contains(t.FullName)))
                    WriteInput(source, type);
            });
            Namespace(source, "Types.Outputs." + group, () =>
            {
                foreach (var type in types.Where(t => _outputs.Contains(t.FullName)))
                    WriteOutput(source, type);
            });
            return source.ToString();
        }

        private static void Namespace(StringBuilder source, string name, Action write)
        {
            source.AppendLine($"namespace Pulumi.Kubernetes.{name}").AppendLine("{");
            write();
            source.AppendLine("}");
        }

        private void WriteResource(StringBuilder source, TableType type)
        {
            var args = $"global::Pulumi.Kubernetes.Types.Inputs.{type.FullName}Args";
            // The core group has a token of its own (core/v1), but no name in an object's apiVersion.
            var apiVersion = type.ApiVersion!.StartsWith("core/", StringComparison.Ordinal) ? type.ApiVersion.Substring(5) : type.ApiVersion;
            var aliases = string.Join(", ", type.FormerApiVersions.Select(v => $"\"{Token(v, type)}\""));
            var secrets = string.Join(", ", type.Properties.Where(p => p.Secret).Select(p => $"\"{p.Name}\""));

            source.AppendLine($"    [KubernetesResourceType(\"{Token(type.ApiVersion, type)}\")]");
            source.AppendLine($"    public partial class {type.Name} : global::Pulumi.Kubernetes.KubernetesResource").AppendLine("    {");
            foreach (var property in type.Properties)
                source.AppendLine($"        [Output(\"{property.Name}\")] public Output<{OutputTypeOf(property)}> {property.CSharpName} {{ get; private set; }} = null!;");
            source.AppendLine($"        public {type.Name}(string name, {args}? args = null, CustomResourceOptions? options = null)");
            source.AppendLine($"            : base(\"{Token(type.ApiVersion, type)}\", name, Complete(args), options, new string[] {{ {aliases} }}, new string[] {{ {secrets} }}) {{ }}");
            source.AppendLine($"        private static ResourceArgs Complete({args}? args)").AppendLine("        {");
            source.AppendLine($"            args ??= new {args}();");
            source.AppendLine($"            args.ApiVersion = \"{apiVersion}\";");
            source.AppendLine($"            args.Kind = \"{type.Name}\";");
            source.AppendLine("            return args;").AppendLine("        }");
            source.AppendLine($"        public static {type.Name} Get(string name, Input<string> id, CustomResourceOptions? options = null)");
            source.AppendLine($"            => new {type.Name}(name, null, CustomResourceOptions.Merge(options, new CustomResourceOptions {{ Id = id }}));");
            source.AppendLine("    }");
        }

        private static string Token(string apiVersion, TableType type) => $"kubernetes:{apiVersion}:{type.Name}";

        private static void WriteEnum(StringBuilder source, string name, List<string> values)
        {
            source.AppendLine("    [EnumType]");
            source.AppendLine($"    public readonly struct {name} : global::System.IEquatable<{name}>").AppendLine("    {");
            source.AppendLine("        private readonly string _value;");
            source.AppendLine($"        private {name}(string value) => _value = value ?? throw new global::System.ArgumentNullException(nameof(value));");
            foreach (var value in values)
                source.AppendLine($"        public static {name} {value} {{ get; }} = new {name}(\"{value}\");");
            source.AppendLine($"        public static bool operator ==({name} left, {name} right) => left.Equals(right);");
            source.AppendLine($"        public static bool operator !=({name} left, {name} right) => !left.Equals(right);");
            source.AppendLine($"        public static explicit operator string({name} value) => value._value;");
            source.AppendLine($"        public override bool Equals(object? obj) => obj is {name} other && Equals(other);");
            source.AppendLine($"        public bool Equals({name} other) => _value == other._value;");
            source.AppendLine("        public override int GetHashCode() => _value?.GetHashCode() ?? 0;");
            source.AppendLine("        public override string ToString() => _value;");
            source.AppendLine("    }");
        }

        private void WriteInput(StringBuilder source, TableType type)
        {
            var name = type.Name + "Args";
            source.AppendLine($"    public class {name} : ResourceArgs").AppendLine("    {");
            foreach (var property in type.Properties.Where(p => !p.OutputOnly))
            {
                var inputType = InputTypeOf(property);
                var required = property.Required ? ", required: true" : "";
                var attribute = $"[Input(\"{property.Name}\"{required})]";
                if (inputType.StartsWith("InputList<", StringComparison.Ordinal) || inputType.StartsWith("InputMap<", StringComparison.Ordinal))
                {
                    var field = "_" + property.Name;
                    var set = property.Secret ? $"{field} = KubernetesResource.Secret(value)" : $"{field} = value";
                    source.AppendLine($"        {attribute} private {inputType}? {field};");
                    source.AppendLine($"        public {inputType} {property.CSharpName} {{ get => {field} ??= new {inputType}(); set => {set}; }}");
                }
                else
                {
                    var (mark, initial) = property.Required ? ("", " = null!;") : ("?", "");
                    source.AppendLine($"        {attribute} public {inputType}{mark} {property.CSharpName} {{ get; set; }}{initial}");
                }
            }

            source.AppendLine($"        public static new {name} Empty => new {name}();");
            source.AppendLine("    }");
        }

        private void WriteOutput(StringBuilder source, TableType type)
        {
            source.AppendLine("    [OutputType]");
            source.AppendLine($"    public sealed class {type.Name}").AppendLine("    {");
            foreach (var property in type.Properties)
                source.AppendLine($"        public readonly {OutputTypeOf(property)} {property.CSharpName};");
            source.AppendLine($"        [OutputConstructor] private {type.Name}({string.Join(", ", type.Properties.Select(p => $"{OutputTypeOf(p)} @{p.Name}"))})");
            source.AppendLine("        {");
            foreach (var property in type.Properties)
                source.AppendLine($"            {property.CSharpName} = @{property.Name};");
            source.AppendLine("        }").AppendLine("    }");
        }

        private string InputTypeOf(Property property)
        {
            var type = property.Type;
            var bar = type.IndexOf('|');
            if (bar >= 0)
                return $"InputUnion<{InputName(type.Substring(0, bar))}, {InputName(type.Substring(bar + 1))}>";
            if (type == "json")
                return "InputJson";

            var element = InputName(TypeTable.Bare(type));
            return type.EndsWith("[]", StringComparison.Ordinal) ? $"InputList<{element}>"
                : type.EndsWith("{}", StringComparison.Ordinal) ? $"InputMap<{element}>"
                : $"Input<{element}>";
        }

        private string InputName(string type)
            => _table.Types.ContainsKey(type) ? $"global::Pulumi.Kubernetes.Types.Inputs.{type}Args"
                : _table.Enums.ContainsKey(type) ? $"global::Pulumi.Kubernetes.{type}"
                : BuiltIn(type);

        private string OutputTypeOf(Property property)
        {
            var type = property.Type;
            var bar = type.IndexOf('|');
            if (bar >= 0)
            {
                var second = type.Substring(bar + 1);
                // What the API server returns may lie outside the known values, so an enumeration comes back as its base type.
                return _table.Enums.ContainsKey(second)
                    ? OutputName(type.Substring(0, bar))
                    : $"Union<{OutputName(type.Substring(0, bar))}, {OutputName(second)}>";
            }

            var element = OutputName(TypeTable.Bare(type));
            return type.EndsWith("[]", StringComparison.Ordinal) ? $"ImmutableArray<{element}>"
                : type.EndsWith("{}", StringComparison.Ordinal) ? $"ImmutableDictionary<string, {element}>"
                : element;
        }

        private string OutputName(string type)
            => _table.Types.ContainsKey(type) ? $"global::Pulumi.Kubernetes.Types.Outputs.{type}" : BuiltIn(type);

        private static string BuiltIn(string type)
            => type switch
            {
                "string" or "int" or "bool" => type,
                "json" => "global::System.Text.Json.JsonElement",
                _ => throw new FormatException($"types.txt does not describe {type}"),
            };
    }
}
