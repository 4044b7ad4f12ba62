using System;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FleetPrometheus.Offline.Generator
{
    /// <summary>Turns types.txt into the resources, inputs and outputs of Pulumi.Kubernetes, one source per API group.</summary>
    [Generator]
    public sealed class KubernetesGenerator : IIncrementalGenerator
    {
        public void Initialize(IncrementalGeneratorInitializationContext context)
        {
            var table = context.AdditionalTextsProvider
                .Where(text => text.Path.EndsWith("types.txt", StringComparison.Ordinal))
                .Select((text, cancel) => text.GetText(cancel)!);

            context.RegisterSourceOutput(table, (output, text) =>
            {
                var parsed = TypeTable.Parse(text.Lines.Select(l => l.ToString()));
                var source = new KubernetesSource(parsed);
                foreach (var group in parsed.Types.Values.Select(t => t.Group).Distinct(StringComparer.Ordinal))
                    output.AddSource(group + ".g.cs", SourceText.From(source.Write(group), Encoding.UTF8));
            });
        }
    }
}
