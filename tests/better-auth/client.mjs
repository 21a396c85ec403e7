// What a frontend does, by Better Auth's own client: signs a user up, signs in, asks for a token, and prints it as one line of JSON.
//   node client.mjs <url of the server> [path of a token route of its own]
import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

const [url, tokenRoute] = process.argv.slice(2);
const cookies = new Map();

// Cookies and Origin are a browser's work; there is none here.
const client = createAuthClient({
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

function data({ data, error }) {
  if (error) throw new Error(JSON.stringify(error));
  return data;
}

const user = { name: "Ada Lovelace", email: `ada-${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() };
data(await client.signUp.email(user));
const signedIn = data(await client.signIn.email({ email: user.email, password: user.password }));
const { token } = data(await (tokenRoute ? client.$fetch(tokenRoute, { baseURL: url }) : client.token()));

console.log(JSON.stringify({ userId: signedIn.user.id, token, sessionToken: signedIn.token }));
