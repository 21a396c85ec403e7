import { join } from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
    // The package taskslices is a link to a folder of this repository; with the published one, this line goes.
    turbopack: { root: join(import.meta.dirname, "../..") },
    serverExternalPackages: ["libsql"],
    devIndicators: false,
    experimental: { reactDebugChannel: false }, // else npm run dev shows nothing after a reload without a network
};

export default config;
