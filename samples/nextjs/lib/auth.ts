import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { jwt } from "better-auth/plugins";
import { SqliteDialect } from "kysely";
import Database from "libsql";

mkdirSync("data", { recursive: true });

/** Made at the first start, for this machine alone; a server for others gets BETTER_AUTH_SECRET. */
function keptSecret(): string {
    const file = "data/secret";
    if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });

    return readFileSync(file, "utf8");
}

const options = {
    baseURL: process.env.BETTER_AUTH_URL ?? `http://localhost:${process.env.PORT ?? 3000}`,
    secret: process.env.BETTER_AUTH_SECRET ?? keptSecret(),
    database: { dialect: new SqliteDialect({ database: new Database("data/accounts.db") }), type: "sqlite", transaction: true },
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    plugins: [jwt()],
} satisfies BetterAuthOptions;

// Makes the tables at the first start, and adds what a new version of Better Auth needs.
await (await getMigrations(options)).runMigrations();

export const auth = betterAuth(options);
