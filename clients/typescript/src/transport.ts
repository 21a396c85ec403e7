import { errorOf, TaskSlicesError } from "./error.js";
import { type GetToken, type Token, Tokens } from "./token.js";

export interface Settings {
    /** Of the server, with its sub-path if it has one; "" for the page's own origin. */
    baseUrl: string;
    getToken: GetToken;
    fetch?: typeof globalThis.fetch;
    /** How often a request is repeated: without an answer, after 429 and 503. 3 if it is left out. */
    retries?: number;
    /** In milliseconds: how long an answer may take. 30,000 if it is left out. */
    timeout?: number;
}

export interface CallOptions {
    signal?: AbortSignal | undefined;
    /** The call is refused with OTHER_USER if the token is another user's. */
    userId?: string | undefined;
    /** Instead of the client's own. */
    retries?: number | undefined;
    /** Instead of the client's own, in milliseconds; of a stream: until it is open. */
    timeout?: number | undefined;
}

export interface Call<T> extends CallOptions {
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    /** Below the user's address: /tasks. */
    path: string;
    query?: string;
    headers?: Record<string, string>;
    body?: unknown;
    /** Whether it may be sent again when it is unknown if it was carried out. */
    isRepeatable?: boolean;
    /** What a refusal says about the request before it, whose answer was lost. */
    settle?: (error: TaskSlicesError) => T | undefined;
    isStream?: boolean;
}

/** The longest pause before a retry, in seconds: a server that asks for more gets no retry. */
const LONGEST_PAUSE = 30;

/** Sends requests with a token, and again where that is right. */
export class Transport {
    readonly tokens: Tokens;

    constructor(private readonly settings: Settings) {
        this.tokens = new Tokens(settings.getToken);
    }

    /** @param read what becomes of the answer and its text */
    send<T>(call: Call<T>, read: (text: string, response: Response) => T = (text) => JSON.parse(text)): Promise<T> {
        return this.#repeat(call, async (signal) => {
            const response = await this.#authorized(call, signal);
            const text = await response.text();
            if (!response.ok) throw errorOf(response, text);

            return read(text, response);
        });
    }

    /** React Native's fetch, which has `fetch.polyfill`, answers when all has come: never, to a stream. Expo adds ReadableStream to it. */
    get hasStreams(): boolean {
        const { fetch = globalThis.fetch } = this.settings;

        return typeof ReadableStream !== "undefined" && !("polyfill" in fetch) && !("polyfill" in globalThis.fetch);
    }

    /** @returns an answer whose body is still to be read, by {@link linesOf} */
    open(call: Call<Response>): Promise<Response> {
        return this.#repeat({ ...call, isStream: true }, async (signal) => {
            const response = await this.#authorized(call, signal);
            if (!response.ok) throw errorOf(response, await response.text());

            return response;
        });
    }

    async #repeat<T>(call: Call<T>, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
        const { retries = this.settings.retries ?? 3, signal } = call;
        let isLost = false;
        for (let tries = 0; ; tries++) {
            let error: TaskSlicesError;
            try {
                return await this.#limit(call, attempt);
            } catch (thrown) {
                throwIfAborted(signal);
                error = failureOf(thrown);
            }

            const settled = isLost ? call.settle?.(error) : undefined;
            if (settled !== undefined) return settled;

            isLost ||= error.isLost;
            const mayRepeat = error.isLost ? call.isRepeatable : error.status === 429 || error.status === 503;
            const pause = error.retryAfter ?? Math.min(LONGEST_PAUSE, 0.3 * 2 ** tries) * (0.5 + Math.random() / 2);
            if (!mayRepeat || tries >= retries || pause > LONGEST_PAUSE) throw error;

            await sleep(pause * 1000, signal);
        }
    }

    /** A stream can be aborted after its beginning, too. */
    async #limit<T>(call: Call<T>, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
        const { signal, isStream, timeout = this.settings.timeout ?? 30_000 } = call;
        throwIfAborted(signal);
        const ours = new AbortController();
        const abort = () => ours.abort();
        signal?.addEventListener("abort", abort);
        const timer = setTimeout(abort, timeout);
        let isOpen = false;
        try {
            const result = await attempt(ours.signal);
            isOpen = isStream === true;

            return result;
        } finally {
            clearTimeout(timer);
            if (!isOpen) signal?.removeEventListener("abort", abort);
        }
    }

    async #authorized<T>(call: Call<T>, signal: AbortSignal): Promise<Response> {
        const token = await this.tokens.get();
        const response = await this.#fetch(call, token, signal);
        if (response.status !== 401) return response;

        this.tokens.refuse(token);
        const renewed = await this.tokens.get();

        return renewed.text === token.text ? response : this.#fetch(call, renewed, signal);
    }

    #fetch<T>({ method, path, query, headers, body, userId }: Call<T>, token: Token, signal: AbortSignal): Promise<Response> {
        if (userId !== undefined && userId !== token.userId)
            throw new TaskSlicesError({ code: "OTHER_USER", status: 403, message: "The token is another user's." });

        const { fetch = globalThis.fetch, baseUrl } = this.settings;
        const address = `${baseUrl.replace(/\/+$/, "")}/api/${encodeURIComponent(token.userId)}${path}${query ? `?${query}` : ""}`;

        return fetch(address, {
            method,
            headers: {
                Authorization: `Bearer ${token.text}`,
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                ...headers,
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal,
        });
    }
}

/**
 * The lines of a body as they come; without streams, as in React Native, when all have come.
 * @param idle in milliseconds: how long nothing may come until it counts as ended
 */
export async function* linesOf(response: Response, idle?: number): AsyncGenerator<string> {
    if (!response.body) {
        yield* (await response.text()).split("\n");
        return;
    }

    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const cancel = () => void reader.cancel().catch(() => {});
    let rest = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
        for (;;) {
            if (idle) timer = setTimeout(cancel, idle);
            const { done, value } = await reader.read();
            clearTimeout(timer);
            if (done) break;

            const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
            rest = lines.pop()!;
            yield* lines;
        }
        if (rest) yield rest;
    } finally {
        clearTimeout(timer);
        cancel();
    }
}

export const failureOf = (error: unknown): TaskSlicesError =>
    error instanceof TaskSlicesError
        ? error
        : new TaskSlicesError({ code: "NETWORK_ERROR", status: 0, message: "The server can't be reached.", cause: error });

/** React Native's signals do not have it. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw signal.reason ?? Object.assign(new Error("The call was aborted."), { name: "AbortError" });
}

/** Until the time, in milliseconds, or the abort. */
function sleep(time: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
        const end = () => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", end);
            resolve();
        };
        const timer = setTimeout(end, time);
        signal?.addEventListener("abort", end);
    });
}
