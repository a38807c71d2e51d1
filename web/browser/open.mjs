import { chromium } from "playwright-core";

/** Debian's browser; nothing is downloaded. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where the page is served: by the endpoint itself, or by Vite in front of one. */
export const ADDRESS = (process.env.PAGE ?? "http://127.0.0.1:8000").replace(/\/$/, "");

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
  });
}
