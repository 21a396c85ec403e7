import type { components } from "./openapi.js";

type Problem = components["schemas"]["Problem"];
type Task = components["schemas"]["TaskResponse"];

/** The codes of docs/errors.md, those of this package, and `HTTP_502` for an answer of 502 that is no problem, for example. */
export type ErrorCode = Problem["code"] | "NETWORK_ERROR" | "TOKEN_UNAVAILABLE" | "OTHER_USER" | "NO_STREAMS" | `HTTP_${number}`;

export interface ErrorDetails {
    code: ErrorCode;
    status: number;
    message: string;
    errors?: Problem["errors"] | undefined;
    traceId?: string | undefined;
    current?: Task | undefined;
    operation?: number | null | undefined;
    retryAfter?: number | undefined;
    cause?: unknown;
}

/** Whatever a call is refused for. */
export class TaskSlicesError extends Error {
    /** A stable word for programs. */
    readonly code: ErrorCode;
    /** Of HTTP; 0 without an answer. */
    readonly status: number;
    /** Each field that is not allowed, and its rule. */
    readonly errors: readonly components["schemas"]["FieldError"][];
    /** What the log of the server has it under. */
    readonly traceId: string | undefined;
    /** With PRECONDITION_FAILED: the task as it is now. */
    readonly current: Task | undefined;
    /** Which operation of a batch was refused, from 0. */
    readonly operation: number | undefined;
    /** In seconds: how long the server wants to be left alone. */
    readonly retryAfter: number | undefined;

    constructor(details: ErrorDetails) {
        super(details.message, { cause: details.cause });
        this.name = "TaskSlicesError";
        this.code = details.code;
        this.status = details.status;
        this.errors = details.errors ?? [];
        this.traceId = details.traceId;
        this.current = details.current;
        this.operation = details.operation ?? undefined;
        this.retryAfter = details.retryAfter;
    }

    /** Whether it is unknown if the server has done it: no answer, or one of a proxy that got none. */
    get isLost(): boolean {
        return this.code === "NETWORK_ERROR" || this.status === 502 || this.status === 504;
    }
}

/** @param text the body of an answer that is not a success; a proxy's may be no problem (RFC 9457) */
export function errorOf(response: Response, text: string): TaskSlicesError {
    const { status } = response;
    let problem: Partial<Problem> = {};
    try {
        problem = JSON.parse(text) ?? {};
    } catch {
        // It is a proxy's page.
    }

    return new TaskSlicesError({
        code: problem.code ?? `HTTP_${status}`,
        status,
        message: problem.detail ?? `The server answered with status ${status}.`,
        errors: problem.errors,
        traceId: problem.trace_id,
        current: problem.current as Task | undefined,
        operation: problem.operation,
        retryAfter: secondsOf(response.headers.get("Retry-After")),
    });
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function secondsOf(header: string | null): number | undefined {
    if (!header) return undefined;

    const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;

    return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
