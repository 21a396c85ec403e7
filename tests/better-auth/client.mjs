// What a frontend does, by Better Auth's own client: signs a user up, signs in, asks for a token, and prints it as one line of JSON.
//   node client.mjs <url of the server> [path of a token route of its own]
import { createClient, newUser } from "./browserless.mjs";

const [url, tokenRoute] = process.argv.slice(2);
const client = createClient(url);

function data({ data, error }) {
  if (error) throw new Error(JSON.stringify(error));
  return data;
}

const user = newUser();
data(await client.signUp.email(user));
const signedIn = data(await client.signIn.email({ email: user.email, password: user.password }));
const { token } = data(await (tokenRoute ? client.$fetch(tokenRoute, { baseURL: url }) : client.token()));

console.log(JSON.stringify({ userId: signedIn.user.id, token, sessionToken: signedIn.token }));
