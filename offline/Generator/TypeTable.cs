using System;
using System.Collections.Generic;
using System.Linq;

namespace FleetPrometheus.Offline.Generator
{
    /// <summary>One property of a type in the table. <see cref="Type"/> is the table's notation, its names resolved to full ones.</summary>
    internal sealed class Property
    {
        public string Name = "";
        public string CSharpName = "";
        public string Type = "";
        public bool Required;
        public bool Secret;
        public bool OutputOnly;
    }

    /// <summary>One type of the table. Only a resource has an <see cref="ApiVersion"/> (<c>core/v1</c>).</summary>
    internal sealed class TableType
    {
        public string Group = "";
        public string Name = "";
        public string? ApiVersion;
        public string[] FormerApiVersions = Array.Empty<string>();
        public List<Property> Properties = new List<Property>();
        public string FullName => Group + "." + Name;
    }

    /// <summary>The parsed types.txt; its head explains the notation.</summary>
    internal sealed class TypeTable
    {
        public readonly Dictionary<string, TableType> Types = new Dictionary<string, TableType>(StringComparer.Ordinal);
        public readonly Dictionary<string, List<string>> Enums = new Dictionary<string, List<string>>(StringComparer.Ordinal);

        private static readonly HashSet<string> s_builtIn = new HashSet<string>(StringComparer.Ordinal) { "string", "int", "bool", "json" };

        public static TypeTable Parse(IEnumerable<string> lines)
        {
            var table = new TypeTable();
            var group = "";
            TableType? type = null;
            List<string>? values = null;

            foreach (var line in lines.Select(l => l.TrimEnd()).Where(l => l.Length > 0 && l[0] != '#'))
            {
                if (line[0] == '[')
                {
                    group = line.Trim('[', ']');
                }
                else if (line.StartsWith("enum ", StringComparison.Ordinal))
                {
                    type = null;
                    table.Enums.Add(group + "." + line.Substring(5), values = new List<string>());
                }
                else if (line[0] != ' ')
                {
                    values = null;
                    type = ParseHead(group, line);
                    table.Types.Add(type.FullName, type);
                }
                else
                {
                    var items = line.Split(',').Select(i => i.Trim()).Where(i => i.Length > 0);
                    if (type != null)
                        type.Properties.AddRange(items.Select(i => ParseProperty(group, i)));
                    else
                        (values ?? throw new FormatException("Properties without a type: " + line)).AddRange(items);
                }
            }

            return table;
        }

        private static TableType ParseHead(string group, string line)
        {
            var type = new TableType { Group = group };
            var equals = line.IndexOf('=');
            type.Name = (equals < 0 ? line : line.Substring(0, equals)).Trim();
            if (equals >= 0)
            {
                var versions = line.Substring(equals + 1).Split(new[] { ' ', ',' }, StringSplitOptions.RemoveEmptyEntries);
                type.ApiVersion = versions[0];
                type.FormerApiVersions = versions.Skip(2).ToArray();
            }

            return type;
        }

        private static Property ParseProperty(string group, string item)
        {
            var words = item.Split(' ');
            var name = words[0].TrimEnd('!');
            var asName = Array.IndexOf(words, "as");
            return new Property
            {
                Name = name,
                CSharpName = asName < 0 ? char.ToUpperInvariant(name[0]) + name.Substring(1) : words[asName + 1],
                Type = Resolve(group, words[1]),
                Required = words[0].EndsWith("!", StringComparison.Ordinal),
                Secret = words.Skip(2).Contains("secret"),
                OutputOnly = words.Skip(2).Contains("output"),
            };
        }

        private static string Resolve(string group, string type)
        {
            var bar = type.IndexOf('|');
            if (bar >= 0)
                return Resolve(group, type.Substring(0, bar)) + "|" + Resolve(group, type.Substring(bar + 1));

            var bare = Bare(type);
            return s_builtIn.Contains(bare) || bare.Contains(".") ? type : group + "." + type;
        }

        /// <summary>A type's name without the marks of a list or map.</summary>
        public static string Bare(string type)
            => type.EndsWith("[]", StringComparison.Ordinal) || type.EndsWith("{}", StringComparison.Ordinal)
                ? type.Substring(0, type.Length - 2)
                : type;

        /// <summary>The types reached from the resources: as inputs, or as outputs (there the resource itself only if something holds it).</summary>
        public HashSet<string> Reached(bool inputs)
        {
            var reached = new HashSet<string>(StringComparer.Ordinal);
            var open = new Stack<string>();
            foreach (var resource in Types.Values.Where(t => t.ApiVersion != null))
            {
                if (inputs)
                    open.Push(resource.FullName);
                else
                    resource.Properties.ForEach(p => open.Push(Bare(p.Type)));
            }

            while (open.Count > 0)
            {
                var name = open.Pop();
                if (Types.TryGetValue(name, out var type) && reached.Add(name))
                    type.Properties.Where(p => !inputs || !p.OutputOnly).ToList().ForEach(p => open.Push(Bare(p.Type)));
            }

            return reached;
        }
    }
}
