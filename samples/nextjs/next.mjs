// Next.js without its telemetry, on any system.
process.env.NEXT_TELEMETRY_DISABLED = "1";
await import("next/dist/bin/next");
