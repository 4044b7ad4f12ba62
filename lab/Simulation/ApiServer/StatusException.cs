using System.Text.Json.Nodes;

namespace FleetPrometheus.Lab.Simulation;

/// <summary>A refusal in the API's own form, the Status object.</summary>
internal sealed class StatusException(int code, string reason, string message) : Exception(message)
{
    public int Code => code;

    public JsonObject ToStatus() => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = Message,
        ["reason"] = reason,
        ["code"] = code,
    };

    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static StatusException NotFound(string resource, string name) => new(404, "NotFound", $"{resource} \"{name}\" not found");

    public static StatusException UnknownPath() => new(404, "NotFound", "the server could not find the requested resource");

    public static StatusException MethodNotAllowed() => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");

    public static StatusException AlreadyExists(string resource, string name) => new(409, "AlreadyExists", $"{resource} \"{name}\" already exists");

    public static StatusException Conflict(string resource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource} \"{name}\": {why}");

    public static StatusException Expired(long version, long oldest) => new(410, "Expired", $"too old resource version: {version} ({oldest})");

    public static StatusException Invalid(string kind, string name, string why) => new(422, "Invalid", $"{kind} \"{name}\" is invalid: {why}");

    public static StatusException Unavailable(string message) => new(503, "ServiceUnavailable", message);
}
