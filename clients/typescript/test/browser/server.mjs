// In the place of ../support/server.mjs: whoever opened the page runs the server.
export class Server {
    /** @param settings with BETTER_AUTH_URL for the server that takes its tokens */
    static async start(settings = {}) {
        return Object.assign(new Server(), { url: await globalThis.serverUrl("BETTER_AUTH_URL" in settings) });
    }

    restart() {
        return globalThis.restartServer();
    }

    async stop() {}
}

let betterAuth;
export const startBetterAuth = async () => ({ url: (betterAuth = await globalThis.betterAuthUrl()), stop() {} });

/** With the session's token, which is enough for one page to be many users; with cookies, which Better Auth wants, it is one. */
export async function signUp(url) {
    const user = { name: "Ada Lovelace", email: `ada.${crypto.randomUUID()}@example.com`, password: "correct horse" };
    const call = async (path, init) => {
        const response = await fetch(`${url}/api/auth${path}`, { credentials: url === betterAuth ? "include" : "omit", ...init });
        const answer = await response.json();

        // As Better Auth's client has it.
        return response.ok ? { data: answer, error: null } : { data: null, error: { ...answer, status: response.status } };
    };
    const headers = { "Content-Type": "application/json" };
    const { data, error } = await call("/sign-up/email", { method: "POST", headers, body: JSON.stringify(user) });
    if (error) throw new Error(JSON.stringify(error));

    const session = url === betterAuth ? {} : { headers: { Authorization: `Bearer ${data.token}` } };

    return { user, client: { token: () => call("/token", session), getSession: () => call("/get-session", session) } };
}
