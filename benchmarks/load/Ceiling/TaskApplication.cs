using System.IO.Pipelines;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace TaskSlices.Load.Ceiling;

/// <summary>The six requests of the workloads, from Kestrel's own features to Kestrel's own features.</summary>
public sealed class TaskApplication(Bearer bearer, TaskReaders readers, GroupWriter writer) : IHttpApplication<IFeatureCollection>
{
    private const int LimitMaximum = 1000;

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        if (exception is not null)
            Console.Error.WriteLine(exception);
    }

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.Get<IHttpRequestFeature>()!;
        var answer = new Answer(context);

        if (bearer.Verify(request.Headers.Authorization, out var caller) is { } refusal)
            return answer.RefuseAsync(refusal, request.Path);

        if (!TaskAddress.TryRead(request.Path, out var address))
            return answer.RefuseAsync(Refusal.NotFound, request.Path);

        if (!address.User.SequenceEqual(caller!.Name))
            return answer.RefuseAsync(Refusal.NotYourUrl, request.Path);

        return (request.Method, address.Kind) switch
        {
            ("GET", TaskAddressKind.One) => GetAsync(request, answer, caller, address.Id),
            ("GET", TaskAddressKind.All) => ListAsync(request, answer, caller),
            ("POST", TaskAddressKind.All) => ChangeAsync(context, request, answer, new TaskChange(caller) { IsNew = true }, isToggle: false),
            ("PUT", TaskAddressKind.One) => ChangeAsync(context, request, answer, Existing(caller, address.Id), isToggle: false),
            ("PATCH", TaskAddressKind.Completion) => ChangeAsync(context, request, answer, Existing(caller, address.Id), isToggle: true),
            _ => answer.RefuseAsync(Refusal.NotFound, request.Path),
        };
    }

    private static TaskChange Existing(Caller owner, Guid id)
    {
        var change = new TaskChange(owner);
        id.TryWriteBytes(change.Id, bigEndian: true, out _);

        return change;
    }

    private Task GetAsync(IHttpRequestFeature request, Answer answer, Caller caller, Guid id)
    {
        Span<byte> key = stackalloc byte[16];
        id.TryWriteBytes(key, bigEndian: true, out _);
        var json = Answer.Begin();

        return readers.Current.Get(caller, key, json) ? answer.SendAsync(json) : answer.RefuseAsync(Refusal.TaskNotFound, request.Path);
    }

    private Task ListAsync(IHttpRequestFeature request, Answer answer, Caller caller)
    {
        if (!TaskAddress.TryReadPage(request.QueryString, LimitMaximum, out var limit, out var after))
            return answer.RefuseAsync(Refusal.Invalid, request.Path);

        Span<byte> key = stackalloc byte[16];
        Span<byte> last = stackalloc byte[16];
        after?.TryWriteBytes(key, bigEndian: true, out _);
        var json = Answer.Begin();

        if (readers.Current.List(caller, limit, after is null ? default : key, json, last))
            answer.Headers.Link = $"<{caller.TasksPath}?limit={limit}&after={new Guid(last, bigEndian: true)}>; rel=\"next\"";

        return answer.SendAsync(json);
    }

    private async Task ChangeAsync(IFeatureCollection context, IHttpRequestFeature request, Answer answer, TaskChange change, bool isToggle)
    {
        var reader = context.Get<IRequestBodyPipeFeature>()!.Reader;
        var read = await reader.ReadAsync();
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }

        if (Take(read, request, change, isToggle) is { } refusal)
        {
            reader.AdvanceTo(read.Buffer.End);
            await answer.RefuseAsync(refusal, request.Path);
            return;
        }

        reader.AdvanceTo(read.Buffer.End);

        if (!await writer.CommitAsync(change))
        {
            await answer.RefuseAsync(Refusal.TaskNotFound, request.Path);
            return;
        }

        if (change.IsNew)
            answer.Create($"{change.Owner.TasksPath}/{new Guid(change.Id, bigEndian: true)}");

        var json = Answer.Begin();
        TaskJson.Write(json, change.Owner, change.Row);
        await answer.SendAsync(json);
    }

    private static Refusal? Take(in ReadResult read, IHttpRequestFeature request, TaskChange change, bool isToggle)
    {
        if (!read.Buffer.IsEmpty && !request.Headers.ContentType.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            return Refusal.MediaType;

        var body = TaskBody.Read(read.Buffer);
        if (body.Refusal is not null || (change.IsNew && body.Title is null))
            return body.Refusal ?? Refusal.Invalid;

        if (!isToggle)
        {
            change.Title = body.Title;
            change.Description = body.Description;
            change.HasDescription = body.HasDescription;
        }

        if (!change.IsNew)
            change.Completed = body.Completed is { } completed ? (completed ? 1 : 0) : isToggle ? TaskChange.Toggle : null;

        return null;
    }
}
