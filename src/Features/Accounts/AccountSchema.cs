using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.Accounts;

public sealed class AccountSchema : ISchema
{
    public IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new("2026-11-21-accounts", """
            CREATE TABLE accounts (
                user_id TEXT NOT NULL PRIMARY KEY,
                email TEXT NOT NULL,
                name TEXT NOT NULL,
                email_verified INTEGER NOT NULL,
                image TEXT NULL,
                password_hash TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE UNIQUE INDEX accounts_email ON accounts (email);
            CREATE TABLE sessions (
                user_id TEXT NOT NULL,
                id TEXT NOT NULL,
                token_hash BLOB NOT NULL,
                expires_at INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                ip_address TEXT NOT NULL,
                user_agent TEXT NOT NULL,
                PRIMARY KEY (user_id, id)
            ) WITHOUT ROWID;
            CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
            CREATE INDEX sessions_expires_at ON sessions (expires_at);
            CREATE TABLE ended_sessions (
                id TEXT NOT NULL PRIMARY KEY,
                until INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX ended_sessions_until ON ended_sessions (until);
            """)
        {
            Postgres = """
                CREATE TABLE accounts (
                    user_id TEXT COLLATE "C" PRIMARY KEY,
                    email TEXT COLLATE "C" NOT NULL,
                    name TEXT NOT NULL,
                    email_verified BOOLEAN NOT NULL,
                    image TEXT NULL,
                    password_hash TEXT NOT NULL,
                    created_at TIMESTAMPTZ(3) NOT NULL,
                    updated_at TIMESTAMPTZ(3) NOT NULL
                );
                CREATE UNIQUE INDEX accounts_email ON accounts (email);
                CREATE TABLE sessions (
                    user_id TEXT COLLATE "C" NOT NULL,
                    id TEXT COLLATE "C" NOT NULL,
                    token_hash BYTEA NOT NULL,
                    expires_at TIMESTAMPTZ(3) NOT NULL,
                    created_at TIMESTAMPTZ(3) NOT NULL,
                    updated_at TIMESTAMPTZ(3) NOT NULL,
                    ip_address TEXT NOT NULL,
                    user_agent TEXT NOT NULL,
                    PRIMARY KEY (user_id, id)
                );
                CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
                CREATE INDEX sessions_expires_at ON sessions (expires_at);
                CREATE TABLE ended_sessions (
                    id TEXT COLLATE "C" PRIMARY KEY,
                    until TIMESTAMPTZ(3) NOT NULL
                );
                CREATE INDEX ended_sessions_until ON ended_sessions (until);
                """,
        },
        new("2026-11-29-invitations", """
            CREATE TABLE invitations (
                code_hash BLOB NOT NULL PRIMARY KEY,
                email TEXT NULL,
                expires_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX invitations_expires_at ON invitations (expires_at);
            """)
        {
            Postgres = """
                CREATE TABLE invitations (
                    code_hash BYTEA PRIMARY KEY,
                    email TEXT COLLATE "C" NULL,
                    expires_at TIMESTAMPTZ(3) NOT NULL
                );
                CREATE INDEX invitations_expires_at ON invitations (expires_at);
                """,
        },
        new("2026-11-29-password-resets", """
            CREATE TABLE password_resets (
                user_id TEXT NOT NULL,
                token_hash BLOB NOT NULL,
                expires_at INTEGER NOT NULL,
                PRIMARY KEY (user_id, token_hash)
            ) WITHOUT ROWID;
            CREATE UNIQUE INDEX password_resets_token_hash ON password_resets (token_hash);
            CREATE INDEX password_resets_expires_at ON password_resets (expires_at);
            """)
        {
            Postgres = """
                CREATE TABLE password_resets (
                    user_id TEXT COLLATE "C" NOT NULL,
                    token_hash BYTEA NOT NULL,
                    expires_at TIMESTAMPTZ(3) NOT NULL,
                    PRIMARY KEY (user_id, token_hash)
                );
                CREATE UNIQUE INDEX password_resets_token_hash ON password_resets (token_hash);
                CREATE INDEX password_resets_expires_at ON password_resets (expires_at);
                """,
        },
    ];
}
