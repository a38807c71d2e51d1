import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { ADDRESS, launch } from "./open.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A browser for a whole file of tests, and a page of its own for each of them. */
export async function open() {
  const browser = await launch();
  return {
    close: () => browser.close(),
    /** Runs a test on a fresh page and lets it fail on whatever the browser complains about. */
    async page(options, test) {
      const { hash = "", address = ADDRESS, before = async () => {}, complaints = [], ...context } = options;
      const tab = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        reducedMotion: "reduce",
        acceptDownloads: true,
        // A policy would also forbid what these tests add; that it forbids nothing of the page's is checked by itself.
        bypassCSP: false,
        ...context,
      });
      const page = await tab.newPage();
      const wrong = [];
      page.on("pageerror", (error) => wrong.push(error.message));
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !complaints.some((known) => known.test(text))) wrong.push(text);
      });
      try {
        await before(page);
        await page.goto(`${address}/${hash}`);
        await page.getByRole("combobox", { name: /Search/ }).waitFor();
        await test(page);
        assert.deepEqual(wrong, []);
      } finally {
        await tab.close();
      }
    },
  };
}

export const search = (page) => page.getByRole("combobox", { name: /Search/ });
export const rows = (page) => page.getByRole("list", { name: "Suggested songs" }).locator(":scope > li");
export const ids = (page) => rows(page).evaluateAll((all) => all.map((row) => row.dataset.id));
export const titles = (page) => rows(page).getByRole("heading").allTextContents();
export const note = (page) => page.locator("section[aria-labelledby=suggestions] [role=status]").first();

/** Songs that many playlists have, each by another artist. */
export async function popular(count, perArtist = 1) {
  const answer = await post("/recommendations", {
    songs: [{ id: "algorhythms:example" }],
    count,
    max_per_artist: perArtist,
    terms: false,
  });
  return answer.recommendation_nodes;
}

export async function post(path, body) {
  const response = await fetch(ADDRESS + path, { method: "POST", body: JSON.stringify(body) });
  assert.equal(response.status, 200);
  return response.json();
}

/** Types a song's names and takes the first hit, by keyboard alone. */
export async function add(page, song) {
  await search(page).fill(`${song.track_name} ${song.track_artist}`);
  await page.getByRole("option").first().waitFor();
  // Enter takes the hit for what stands in the field now, so it may have to be pressed once that is there.
  await assertSoon(async () => {
    await search(page).press("Enter");
    return (await search(page).inputValue()) === "";
  });
}

/** Until the list is the answer to what was said last. */
export async function settled(page) {
  await page.locator("section[aria-labelledby=suggestions][aria-busy=false]").waitFor();
  await rows(page).first().waitFor();
}

export async function assertSoon(check, milliseconds = 10_000) {
  const end = Date.now() + milliseconds;
  while (!(await check())) {
    assert.ok(Date.now() < end, "it did not become so");
    await new Promise((resume) => setTimeout(resume, 80));
  }
}

/** What axe finds wrong with the page as it is; it is evaluated by the browser's tool, past the page's own policy. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`,
  );
}
