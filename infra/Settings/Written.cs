using System.Text.Json;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Infra.Settings;

/// <summary>One value as it stands in a stack's configuration, with the place where its problems are noted.</summary>
/// <param name="Element">The value.</param>
/// <param name="Key">Its full key, such as <c>clusters[2].stack</c>.</param>
/// <param name="IsSecret">Whether the value must not appear in a problem.</param>
/// <param name="Problems">Collects what is wrong with it.</param>
internal readonly record struct Written(JsonElement Element, string Key, bool IsSecret, Problems Problems)
{
    /// <summary>A string's text; any other value as JSON.</summary>
    public string Text => Element.ValueKind == JsonValueKind.String ? Element.GetString()! : Element.GetRawText();

    /// <summary>Notes that the value cannot be used as it is.</summary>
    public void Refuse(string fix) => Problems.Add(Key, IsSecret ? null : Text, fix);

    /// <summary>A member of this mapping, at one of its fixed keys.</summary>
    public Written Member(string name, JsonElement element) => this with { Element = element, Key = $"{Key}.{name}" };

    /// <summary>A member of this mapping whose name the user chose, which is as secret as its value.</summary>
    public Written OwnMember(JsonProperty member) => Member(IsSecret ? "[secret]" : member.Name, member.Value);

    /// <summary>An item of this list.</summary>
    public Written Item(int index, JsonElement element) => this with { Element = element, Key = $"{Key}[{index}]" };
}
