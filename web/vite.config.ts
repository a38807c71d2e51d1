import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Where `npm run dev` and `npm run preview` find the endpoint; the built page reads config.json instead.
const endpoint = process.env.ENDPOINT ?? "http://127.0.0.1:8000";
const proxy = Object.fromEntries(
  ["/tracks", "/resolve", "/recommendations", "/health", "/quality"].map((path) => [path, endpoint]),
);

export default defineConfig({
  // Relative addresses: the page works at `/` of the endpoint and in any folder of a bucket.
  base: "./",
  plugins: [react()],
  server: { port: 5173, proxy },
  preview: { port: 4173, proxy },
  // Nothing is inlined: a data: address would have to be allowed by the Content-Security-Policy.
  build: { target: "es2022", assetsInlineLimit: 0, manifest: true },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/lib/testing/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
