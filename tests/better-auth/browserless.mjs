// Better Auth's own client outside of a browser: cookies and Origin, which are a browser's work, are done here.
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

/** @param {string} url of a Better Auth server, or of TaskSlices with embedded accounts */
export function createClient(url) {
  const cookies = new Map();

  return createAuthClient({
    baseURL: url,
    plugins: [jwtClient()],
    fetchOptions: {
      onRequest({ headers }) {
        headers.set("origin", url);
        headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
      },
      onResponse({ response }) {
        for (const cookie of response.headers.getSetCookie()) {
          const [name, ...value] = cookie.split(";")[0].split("=");
          cookies.set(name, value.join("="));
        }
      },
    },
  });
}

export const newUser = () => ({ name: "Ada Lovelace", email: `ada-${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() });
