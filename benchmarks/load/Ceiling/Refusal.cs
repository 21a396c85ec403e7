using System.Diagnostics;
using System.Text.Json;

namespace TaskSlices.Load.Ceiling;

/// <summary>An answer that is no success: the same problem as the product's (RFC 9457), with all that does not vary encoded once.</summary>
public sealed class Refusal(int status, string title, string code, string detail, bool challenges = false)
{
    public static readonly Refusal TokenMissing = Token("TOKEN_MISSING", "Send a token, as the header 'Authorization: Bearer <JWT>'.");
    public static readonly Refusal MalformedToken = Token("MALFORMED_TOKEN", "The token is not a well-formed JWT.");
    public static readonly Refusal BadSignature = Token("BAD_SIGNATURE", "The token's signature is wrong: it was signed with another key, or changed on its way.");
    public static readonly Refusal TokenExpired = Token("TOKEN_EXPIRED", "The token has expired; get a new one.");
    public static readonly Refusal NotYourUrl = new(403, "Forbidden", "NOT_YOUR_URL", "The user in the URL is not the one who is signed in.");
    public static readonly Refusal NotFound = new(404, "Not Found", "NOT_FOUND", "There is nothing at this address.");
    public static readonly Refusal TaskNotFound = new(404, "Not Found", "TASK_NOT_FOUND", "There is no such task.");
    public static readonly Refusal MalformedJson = new(400, "Bad Request", "MALFORMED_JSON", "The body is not well-formed JSON.");
    public static readonly Refusal MediaType = new(415, "Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json, in UTF-8 and not compressed.");
    public static readonly Refusal Invalid = new(422, "Unprocessable Entity", "VALIDATION_FAILED", "The request is not allowed as it is.");
    public static readonly Refusal Failed = new(500, "Internal Server Error", "INTERNAL_ERROR", "Something went wrong here.");

    private static readonly JsonEncodedText TypeName = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText TitleName = JsonEncodedText.Encode("title");
    private static readonly JsonEncodedText StatusName = JsonEncodedText.Encode("status");
    private static readonly JsonEncodedText DetailName = JsonEncodedText.Encode("detail");
    private static readonly JsonEncodedText InstanceName = JsonEncodedText.Encode("instance");
    private static readonly JsonEncodedText TraceIdName = JsonEncodedText.Encode("trace_id");
    private static readonly JsonEncodedText CodeName = JsonEncodedText.Encode("code");

    private readonly JsonEncodedText _type = JsonEncodedText.Encode($"/errors#{code.ToLowerInvariant()}", TaskJson.Encoder);
    private readonly JsonEncodedText _title = JsonEncodedText.Encode(title, TaskJson.Encoder);
    private readonly JsonEncodedText _detail = JsonEncodedText.Encode(detail, TaskJson.Encoder);
    private readonly JsonEncodedText _code = JsonEncodedText.Encode(code, TaskJson.Encoder);

    public int Status { get; } = status;

    /// <summary>WWW-Authenticate (RFC 6750 section 3), or null where a token is not what was wrong.</summary>
    public string? Challenge { get; } = !challenges ? null
        : code == "TOKEN_MISSING" ? "Bearer"
        : $"Bearer error=\"invalid_token\", error_description=\"{detail}\"";

    public void Write(Utf8JsonWriter json, string path)
    {
        json.WriteStartObject();
        json.WriteString(TypeName, _type);
        json.WriteString(TitleName, _title);
        json.WriteNumber(StatusName, Status);
        json.WriteString(DetailName, _detail);
        json.WriteString(InstanceName, path);
        json.WriteString(TraceIdName, ActivityTraceId.CreateRandom().ToHexString());
        json.WriteString(CodeName, _code);
        json.WriteEndObject();
    }

    private static Refusal Token(string code, string detail) => new(401, "Unauthorized", code, detail, challenges: true);
}
