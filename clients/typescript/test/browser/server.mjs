// In the place of ../support/server.mjs: whoever opened the page runs the server.
export class Server {
    static async start() {
        return Object.assign(new Server(), { url: await globalThis.serverUrl() });
    }

    restart() {
        return globalThis.restartServer();
    }

    async stop() {}
}

export const startBetterAuth = undefined;

/** With the session's token, which is enough for one page to be many users; cookies would be one. */
export async function signUp(url) {
    const user = { name: "Ada Lovelace", email: `ada.${crypto.randomUUID()}@example.com`, password: "correct horse" };
    const call = async (path, init) => {
        const response = await fetch(`${url}/api/auth${path}`, { credentials: "omit", ...init });
        const answer = await response.json();

        // As Better Auth's client has it.
        return response.ok ? { data: answer, error: null } : { data: null, error: { ...answer, status: response.status } };
    };
    const headers = { "Content-Type": "application/json" };
    const { data, error } = await call("/sign-up/email", { method: "POST", headers, body: JSON.stringify(user) });
    if (error) throw new Error(JSON.stringify(error));

    return { user, client: { token: () => call("/token", { headers: { Authorization: `Bearer ${data.token}` } }) } };
}
