using System.Globalization;
using System.Text.Json.Nodes;
using FleetPrometheus.Alerting;
using FleetPrometheus.Lab.Kubernetes;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// What a cluster runs that keeps a Prometheus of its own: that Prometheus, the real program, with exporters beside it and the rules that
/// docs/joining.md tells to load.
/// </summary>
internal static class OwnPrometheus
{
    /// <summary>The namespace of everything.</summary>
    public const string Namespace = "monitoring";

    /// <summary>The Service in front of it.</summary>
    public const string Service = "prometheus";

    /// <summary>The Service's port, by its number; its name is <c>web</c>.</summary>
    public const int Port = 9090;

    /// <summary>Installs it.</summary>
    /// <param name="client">A client with an administrator's rights.</param>
    /// <param name="interval">How often it scrapes and evaluates.</param>
    /// <param name="cancellation">Ends the requests.</param>
    /// <exception cref="KubeException">The server refused.</exception>
    public static async Task ApplyAsync(KubeClient client, TimeSpan interval, CancellationToken cancellation)
    {
        foreach (var obj in JsonNode.Parse(Objects)!.AsArray().Append(Configuration(interval)).Append(Rules()).Append(Pod()))
        {
            await client.ApplyAsync(obj!.AsObject(), cancellation);
            if (obj.Text("kind") == "Namespace")
            {
                // A pod is refused until the namespace has its account.
                await client.WaitForAsync(KubeKind.ServiceAccount, Namespace, "default", _ => true, TimeSpan.FromSeconds(30), cancellation);
            }
        }
    }

    private static JsonObject Rules() => ConfigMap("rules", AlertingRules.All.Where(file => file.Name.StartsWith("records-", StringComparison.Ordinal))
        .Select(file => KeyValuePair.Create(file.Name, (JsonNode?)file.Text)));

    private static JsonObject Configuration(TimeSpan interval)
    {
        var pace = string.Create(CultureInfo.InvariantCulture, $"{(int)interval.TotalMilliseconds}ms");
        return ConfigMap("prometheus", [new("prometheus.yml", $$"""
            global: { scrape_interval: {{pace}}, scrape_timeout: {{pace}}, evaluation_interval: {{pace}}, external_labels: { cluster: its-own-name, region: south } }
            rule_files: [/etc/rules/*.yml]
            scrape_configs:
              - job_name: kubelet
                scheme: https
                authorization: &token { credentials_file: /var/run/secrets/kubernetes.io/serviceaccount/token }
                tls_config: &kubelets { insecure_skip_verify: true }
                kubernetes_sd_configs: [{ role: node }]
                relabel_configs:
                  - { source_labels: [__metrics_path__], target_label: metrics_path }
                  - { source_labels: [__meta_kubernetes_node_name], target_label: node }
              - job_name: cadvisor
                scheme: https
                metrics_path: /metrics/cadvisor
                authorization: *token
                tls_config: *kubelets
                kubernetes_sd_configs: [{ role: node }]
                relabel_configs:
                  - { target_label: job, replacement: kubelet }
                  - { source_labels: [__metrics_path__], target_label: metrics_path }
                  - { source_labels: [__meta_kubernetes_node_name], target_label: node }
              - job_name: node-exporter
                kubernetes_sd_configs: &pods [{ role: pod, namespaces: { names: [{{Namespace}}] } }]
                relabel_configs:
                  - { source_labels: [__meta_kubernetes_pod_label_app], regex: node-exporter, action: keep }
                  - { source_labels: [__meta_kubernetes_pod_node_name], target_label: instance }
              - job_name: kube-state-metrics
                honor_labels: true
                kubernetes_sd_configs: *pods
                relabel_configs:
                  - { source_labels: [__meta_kubernetes_pod_label_app], regex: kube-state-metrics, action: keep }
            """)]);
    }

    private static JsonObject ConfigMap(string name, IEnumerable<KeyValuePair<string, JsonNode?>> files) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace },
        ["data"] = new JsonObject(files),
    };

    private static JsonNode Pod() => JsonNode.Parse("""
        { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "prometheus", "namespace": "monitoring" },
          "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "prometheus" } }, "template": { "metadata": { "labels": { "app": "prometheus" } }, "spec": {
            "serviceAccountName": "prometheus", "automountServiceAccountToken": false,
            "containers": [{ "name": "prometheus", "image": "quay.io/prometheus/prometheus:v3.5.0", "ports": [{ "name": "web", "containerPort": 9090 }],
              "args": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus", "--web.listen-address=:9090"],
              "volumeMounts": [
                { "name": "configuration", "mountPath": "/etc/prometheus" }, { "name": "rules", "mountPath": "/etc/rules" }, { "name": "data", "mountPath": "/prometheus" },
                { "name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount" }] }],
            "volumes": [
              { "name": "configuration", "configMap": { "name": "prometheus" } }, { "name": "rules", "configMap": { "name": "rules" } }, { "name": "data", "emptyDir": {} },
              { "name": "token", "projected": { "sources": [
                { "serviceAccountToken": { "path": "token", "expirationSeconds": 3600 } },
                { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
                { "downwardAPI": { "items": [{ "path": "namespace", "fieldRef": { "fieldPath": "metadata.namespace" } }] } }] } }] } } } }
        """)!;

    private const string Objects = """
        [
          { "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "monitoring" } },
          { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "prometheus", "namespace": "monitoring" } },
          { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "own-prometheus" }, "rules": [
            { "apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list", "watch"] }, { "apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"] }] },
          { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": "own-prometheus" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "own-prometheus" },
            "subjects": [{ "kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring" }] },
          { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "kube-state-metrics", "namespace": "monitoring" } },
          { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "own-kube-state-metrics" }, "rules": [
            { "apiGroups": ["", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "storage.k8s.io"], "resources": ["*"], "verbs": ["list", "watch"] }] },
          { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": "own-kube-state-metrics" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "own-kube-state-metrics" },
            "subjects": [{ "kind": "ServiceAccount", "name": "kube-state-metrics", "namespace": "monitoring" }] },
          { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "prometheus", "namespace": "monitoring" },
            "spec": { "selector": { "app": "prometheus" }, "ports": [{ "name": "web", "port": 9090, "targetPort": "web", "protocol": "TCP" }] } },
          { "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "name": "node-exporter", "namespace": "monitoring" }, "spec": {
            "selector": { "matchLabels": { "app": "node-exporter" } }, "template": { "metadata": { "labels": { "app": "node-exporter" } }, "spec": { "hostNetwork": true,
              "containers": [{ "name": "node-exporter", "image": "quay.io/prometheus/node-exporter:v1.9.1", "args": ["--web.listen-address=:9100"],
                "ports": [{ "name": "metrics", "containerPort": 9100, "hostPort": 9100 }] }] } } } },
          { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "kube-state-metrics", "namespace": "monitoring" }, "spec": { "replicas": 1,
            "selector": { "matchLabels": { "app": "kube-state-metrics" } }, "template": { "metadata": { "labels": { "app": "kube-state-metrics" } }, "spec": {
              "serviceAccountName": "kube-state-metrics",
              "containers": [{ "name": "kube-state-metrics", "image": "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0",
                "ports": [{ "name": "metrics", "containerPort": 8080 }] }] } } } }
        ]
        """;
}
