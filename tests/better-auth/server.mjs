// A real Better Auth server, for the tests of TaskSlices. It keeps everything in memory, prints one line of JSON when it listens, and
// ends when its standard input does: it never outlives the tests.
//   ALG       EdDSA, ES256, ES512, RS256, PS256: a key pair of the jwt plugin
//             HS256-A, HS256-B, HS256-C: the shared secret, in the three ways in which people do it (below)
//   SECRET    the shared secret
//   PORT      0 or nothing: a free one
//   USER_ID   the id that users get, as if one had been brought along from elsewhere; nothing: a new one each
//   MAILBOX   a file for the links that set a new password, in place of mails; nothing: there is no reset
//   ORIGIN    of pages that may call it from a browser; nothing: there are none
//   ROTATION  in seconds: how old a key gets before the next token is signed with a new one; nothing: as old as it likes
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import { base64url, SignJWT } from "jose";

const { ALG: alg = "EdDSA", SECRET: secret, PORT: port = "0", ROTATION: rotation, USER_ID: userId, MAILBOX: mailbox, ORIGIN: origin } = process.env;
const secretBytes = new TextEncoder().encode(secret);

const server = createServer();
await new Promise((listening) => server.listen(Number(port), "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}`;

const plugins = {
  // A: no plugin at all, but a route of one's own (below).
  "HS256-A": () => [],

  // B: the plugin keeps its door, /api/auth/token, and leaves the signing to us. It wants to be told of a key set that is never read.
  "HS256-B": () => [jwt({
    jwks: { remoteUrl: `${url}/no-key-set`, keyPairConfig: { alg: "ES256" } },
    jwt: { sign: (payload) => new SignJWT(payload).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(secretBytes) },
  })],

  // C: the plugin signs, with the secret as the one row of its table of keys.
  "HS256-C": () => [jwt({
    jwks: { keyPairConfig: { alg: "HS256" }, disablePrivateKeyEncryption: true },
    adapter: {
      getJwks: async () => [{
        id: "the-shared-secret", alg: "HS256", createdAt: new Date(0), publicKey: "{}",
        privateKey: JSON.stringify({ kty: "oct", k: base64url.encode(secretBytes) }),
      }],
    },
  })],
};

const keyPair = () => [jwt({ jwks: { keyPairConfig: { alg }, ...(rotation && { rotationInterval: Number(rotation) }) } })];

const auth = betterAuth({
  baseURL: url,
  secret,
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
  emailAndPassword: {
    enabled: true,
    ...(mailbox && { sendResetPassword: async ({ url }) => writeFileSync(mailbox, url), revokeSessionsOnPasswordReset: true }),
  },
  user: { changeEmail: { enabled: true, updateEmailWithoutVerification: true }, deleteUser: { enabled: true } },
  rateLimit: { enabled: false },
  ...(origin && { trustedOrigins: [origin] }),
  ...(userId && { advanced: { database: { generateId: ({ model }) => (model === "user" ? userId : crypto.randomUUID()) } } }),
  telemetry: { enabled: false },
  plugins: (plugins[alg] ?? keyPair)(),
});

async function issueToken(request, response) {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  if (!session) return response.writeHead(401).end();

  const { id, email, name } = session.user;
  const token = await new SignJWT({ sub: id, email, name })
    .setProtectedHeader({ alg: "HS256" }).setIssuedAt().setExpirationTime("1h").sign(secretBytes);

  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token }));
}

const betterAuthHandler = toNodeHandler(auth);
server.on("request", (request, response) => {
  if (origin) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Access-Control-Allow-Headers", "Content-Type");
  }
  if (origin && request.method === "OPTIONS") return response.writeHead(204).end();

  return alg === "HS256-A" && request.url === "/api/token" ? issueToken(request, response) : betterAuthHandler(request, response);
});

process.stdin.resume().on("end", () => process.exit()).on("error", () => process.exit());
console.log(JSON.stringify({ url }));
