import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADDRESS } from "./open.mjs";
import { add, assertSoon, ids, open, popular, post, rows, settled } from "./page.mjs";

let browser;
let songs;
before(async () => {
  browser = await open();
  songs = await popular(3);
});
after(() => browser.close());

test("the policy is strict, and forbids nothing that the page does", async (t) => {
  const policy = (await fetch(`${ADDRESS}/`)).headers.get("Content-Security-Policy");
  if (policy === null) return t.skip("Vite's own server sends no policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);

  const asked = [];
  const before = async (page) => {
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.route("https://open.spotify.com/**", (route) =>
      route.fulfill({ contentType: "text/html", body: "player" }),
    );
    await page.addInitScript(() => {
      window.forbidden = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        window.forbidden.push(event.violatedDirective),
      );
    });
  };
  await browser.page({ before, reducedMotion: "no-preference" }, async (page) => {
    await add(page, songs[0]);
    await settled(page);
    await rows(page).first().getByRole("button", { name: /^Ban/ }).click();
    await settled(page);
    await rows(page).first().getByRole("button", { name: /^Why/ }).click();
    await page.getByRole("button", { name: "Save playlist" }).click();
    const dialog = page.getByRole("dialog");
    await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: "CSV" }).click()]);
    await page.keyboard.press("Escape");
    // Nobody but the service was asked for anything so far.
    assert.deepEqual(
      [...new Set(asked.filter((origin) => origin.startsWith("http")))],
      [new URL(ADDRESS).origin],
    );

    await rows(page)
      .first()
      .getByRole("button", { name: /^Listen to/ })
      .click();
    await page.getByRole("complementary", { name: "Player" }).waitFor();
    await page.waitForTimeout(300);
    assert.deepEqual(await page.evaluate(() => window.forbidden), []);
  });
});

test("a song of Spotify's is played by its player, once it is asked for", async () => {
  const id = "0VjIjW4GlUZAMYd2vXMi3b";
  const before = async (page) => {
    await page.route("https://open.spotify.com/**", (route) =>
      route.fulfill({ contentType: "text/html", body: "player" }),
    );
    await page.route("**/recommendations", async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      if (json.recommendation_nodes[0]) json.recommendation_nodes[0].id = `spotify:track:${id}`;
      await route.fulfill({ response, json });
    });
  };
  await browser.page({ before, hash: `#v=1&s==${encodeURIComponent(songs[0].id)}` }, async (page) => {
    await settled(page);
    assert.equal(await page.locator("iframe").count(), 0);
    await rows(page)
      .first()
      .getByRole("button", { name: /^Listen to/ })
      .click();
    await page.locator(`iframe[src="https://open.spotify.com/embed/track/${id}"]`).waitFor();
    await page.getByRole("button", { name: "Close the player" }).click();
    assert.equal(await page.locator("iframe").count(), 0);
  });
});

test("what was measured is a quiet link away, at the endpoint that is set", async () => {
  const before = (page) =>
    page.route("**/config.json", (route) =>
      route.fulfill({ json: { endpoint: `${ADDRESS}/`, spotify_client_id: "" } }),
    );
  await browser.page({ before }, async (page) => {
    const link = page.getByRole("contentinfo").getByRole("link", { name: "How good is it?" });
    assert.equal(await link.getAttribute("href"), `${ADDRESS}/quality`);
    const response = await page
      .context()
      .request.get(`${ADDRESS}/quality`, { headers: { Accept: "text/html" } });
    assert.match(response.headers()["content-type"], /^text\/html/);
  });
});

test("two tastes are told apart, and one of them can be muted", async (t) => {
  // Two songs that the service itself takes for two tastes.
  const many = await popular(500, 500);
  const first = many[Math.floor(many.length / 2)];
  const others = many.filter(({ id }) => id !== first.id).slice(0, 99);
  const { responses } = await post("/recommendations:batch", {
    requests: others.map(({ id }) => ({ songs: [{ id: first.id }, { id }], tastes: "auto", count: 1 })),
  });
  const apart = responses.findIndex(
    ({ answer }) => new Set(answer.source_nodes.map(({ taste }) => taste)).size === 2,
  );
  const pair = apart < 0 ? null : [first, others[apart]];
  if (!pair) return t.skip("no two popular songs lie apart here");
  const hash = `#v=1&s==${pair.map(({ id }) => encodeURIComponent(id)).join(",=")}`;
  await browser.page({ hash }, async (page) => {
    await settled(page);
    await page.getByRole("group", { name: "Taste 2" }).waitFor();
    const both = await ids(page);
    await page.getByRole("button", { name: "Mute taste 2" }).click();
    await settled(page);
    await page.getByRole("group", { name: "Muted songs" }).waitFor();
    assert.notDeepEqual(await ids(page), both);
    // A song that is muted is not suggested instead.
    assert.ok(!(await ids(page)).some((id) => pair.map((song) => song.id).includes(id)));
    await page.getByRole("button", { name: /muted song count again/ }).click();
    await assertSoon(async () => JSON.stringify(await ids(page)) === JSON.stringify(both));
  });
});
