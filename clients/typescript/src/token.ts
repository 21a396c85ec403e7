import { TaskSlicesError } from "./error.js";

/** A JWT, or what `authClient.token()` of Better Auth resolves to. */
export type TokenAnswer =
    | string
    | null
    | undefined
    | { token: string }
    | {
          data?: { token: string } | null;
          error?: { status?: number | undefined; code?: string | undefined; message?: string | undefined } | null;
      };

export type GetToken = () => TokenAnswer | Promise<TokenAnswer>;

export interface Token {
    text: string;
    /** Its subject: the {user_id} of the addresses. */
    userId: string;
    /** In milliseconds since 1970, by the clock here. */
    expires: number;
}

/** A token is not used in the last seconds before it expires: the request takes some, and clocks differ. */
const MARGIN = 10_000;

/** Keeps a token until just before it expires, and asks for one at a time. */
export class Tokens {
    #kept: Token | undefined;
    #renewal: Promise<Token> | undefined;

    constructor(private readonly getToken: GetToken) {}

    get(): Promise<Token> {
        if (this.#kept && this.#kept.expires - MARGIN > Date.now()) return Promise.resolve(this.#kept);
        if (this.#renewal) return this.#renewal;

        const renewal: Promise<Token> = ask(this.getToken)
            .then((text) => {
                const token = read(text);
                if (this.#renewal === renewal) this.#kept = token;

                return token;
            })
            .finally(() => {
                if (this.#renewal === renewal) this.#renewal = undefined;
            });

        return (this.#renewal = renewal);
    }

    /** After a 401: the next one is a new one, unless another call has one already. */
    refuse(token: Token): void {
        if (this.#kept === token) this.#kept = undefined;
    }

    /** After a sign-out; a renewal under way is another user's. */
    forget(): void {
        this.#kept = this.#renewal = undefined;
    }
}

async function ask(getToken: GetToken): Promise<string> {
    let answer: TokenAnswer;
    try {
        answer = await getToken();
    } catch (cause) {
        throw new TaskSlicesError({ code: "TOKEN_UNAVAILABLE", status: 0, message: "getToken failed.", cause });
    }

    const error = typeof answer === "object" && answer && "error" in answer ? answer.error : undefined;
    if (error && error.status !== 401)
        throw new TaskSlicesError({
            code: "TOKEN_UNAVAILABLE",
            status: error.status ?? 0,
            message: error.message ?? "There is no token.",
            cause: error,
        });

    const text = typeof answer === "string" ? answer : answer && ("token" in answer ? answer.token : answer.data?.token);
    if (!text) throw new TaskSlicesError({ code: "TOKEN_MISSING", status: 401, message: "Nobody is signed in.", cause: error });

    return text;
}

function read(text: string): Token {
    try {
        const payload = text.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
        const escaped = atob(payload).replace(/[^]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
        const { sub, exp, iat } = JSON.parse(decodeURIComponent(escaped));
        if (typeof sub === "string" && typeof exp === "number") return { text, userId: sub, expires: endOf(exp, iat) };
    } catch {
        // As below.
    }

    throw new TaskSlicesError({ code: "MALFORMED_TOKEN", status: 401, message: "getToken gave no JWT with sub and exp." });
}

/** A token that has expired when it comes says that the clock here is ahead: then it lasts as long as it was made for. */
function endOf(exp: number, iat: unknown): number {
    const now = Date.now();

    return exp * 1000 > now || typeof iat !== "number" ? exp * 1000 : now + (exp - iat) * 1000;
}
