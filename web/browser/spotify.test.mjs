import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { open, popular, rows, settled, violations } from "./page.mjs";

/** Spotify as its documentation describes it since February 2026, as far as the page asks it anything. */
function standIn(
  songs,
  { refuse, wrongState, expired, status, builtIn = "client", clientId = builtIn } = {},
) {
  const seen = { challenge: "", saved: [], created: null, refreshed: 0, authorized: [] };
  const install = async (page) => {
    await page.route("**/config.json", (route) =>
      route.fulfill({ json: { endpoint: "", spotify_client_id: builtIn } }),
    );
    await page.route("https://accounts.spotify.com/authorize?*", (route) => {
      const asked = new URL(route.request().url()).searchParams;
      assert.equal(asked.get("response_type"), "code");
      assert.equal(asked.get("code_challenge_method"), "S256");
      assert.equal(asked.get("client_id"), clientId);
      seen.challenge = asked.get("code_challenge");
      const back = new URL(asked.get("redirect_uri"));
      back.searchParams.set("state", wrongState ? "another" : asked.get("state"));
      if (refuse) back.searchParams.set("error", "access_denied");
      else back.searchParams.set("code", "the-code");
      return route.fulfill({ status: 302, headers: { Location: back.href } });
    });
    await page.route("https://accounts.spotify.com/api/token", (route) => {
      const form = new URLSearchParams(route.request().postData());
      assert.equal(form.get("client_id"), clientId);
      if (form.get("grant_type") === "authorization_code") {
        assert.equal(form.get("code"), "the-code");
        const hash = createHash("sha256").update(form.get("code_verifier")).digest("base64url");
        assert.equal(hash, seen.challenge);
      } else {
        assert.equal(form.get("refresh_token"), "again");
        seen.refreshed++;
      }
      const token = {
        access_token: `token-${seen.refreshed}`,
        refresh_token: "again",
        expires_in: expired && !seen.refreshed ? 1 : 3600,
      };
      return route.fulfill({ json: token, headers: { "Access-Control-Allow-Origin": "*" } });
    });
    await page.route("https://api.spotify.com/v1/**", (route) => {
      const request = route.request();
      const headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Expose-Headers": "Retry-After",
      };
      if (request.method() === "OPTIONS") return route.fulfill({ status: 204, headers });
      if (status) return route.fulfill({ status, headers: { ...headers, "Retry-After": "7" }, json: {} });
      seen.authorized.push(request.headers().authorization);
      const { pathname } = new URL(request.url());
      const body = request.postDataJSON();
      if (pathname === "/v1/me/playlists" && request.method() === "GET")
        return route.fulfill({
          headers,
          json: { items: [{ id: "p1", name: "Évening <b>", items: { total: 3 } }], next: null },
        });
      if (pathname === "/v1/playlists/p1/items" && request.method() === "GET")
        return route.fulfill({
          headers,
          json: {
            items: songs.map((song) => ({
              item: {
                uri: "spotify:track:AAAAAAAAAAAAAAAAAAAAAA",
                name: song.track_name,
                artists: [{ name: song.track_artist }],
              },
            })),
            next: null,
          },
        });
      if (pathname === "/v1/me/playlists") {
        seen.created = body;
        return route.fulfill({ headers, status: 201, json: { id: "new" } });
      }
      if (pathname === "/v1/playlists/new/items") {
        seen.saved.push(...body.uris);
        return route.fulfill({ headers, status: 201, json: { snapshot_id: "1" } });
      }
      return route.fulfill({ headers, status: 404, json: {} });
    });
  };
  return { seen, install };
}

let browser;
let songs;
before(async () => {
  browser = await open();
  songs = await popular(3);
});
after(() => browser.close());

const QUIET = [/Failed to load resource/];
const logIn = async (page) => {
  await page.getByRole("button", { name: "Paste a list or open a file" }).click();
  await page.getByRole("button", { name: "Choose from your Spotify account" }).click();
};

test("a playlist of the account as a beginning, and the result saved there", async () => {
  // Songs of the sample have no identifiers of Spotify; the answers here have.
  const { seen, install } = standIn(songs.slice(0, 2), { expired: true });
  const before = async (page) => {
    await install(page);
    await page.route("**/recommendations", async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      json.recommendation_nodes.forEach(
        (node, index) => (node.id = `spotify:track:${String(index).padStart(22, "0")}`),
      );
      await route.fulfill({ response, json });
    });
  };
  await browser.page({ before, complaints: QUIET }, async (page) => {
    await logIn(page);
    // Back from Spotify the dialog is open again, and the code is gone from the address.
    await page.getByRole("button", { name: "Évening <b> · 3 songs" }).click();
    assert.equal(new URL(page.url()).search, "");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Add \d songs/ })
      .click();
    await settled(page);
    assert.equal(await page.evaluate(() => JSON.stringify({ ...sessionStorage }).includes("token-")), false);

    await page.getByRole("button", { name: "Save playlist" }).click();
    await page.getByRole("button", { name: "Save as a playlist" }).click();
    await page.getByRole("link", { name: "Open it at Spotify" }).waitFor();
    assert.deepEqual(seen.created, { name: "Playlist", public: false });
    assert.ok(seen.saved.length >= (await rows(page).count()));
    assert.ok(seen.refreshed >= 1);
    assert.ok(seen.authorized.every((header) => header === "Bearer token-1"));
  });
});

for (const [what, options, words] of [
  ["a refusal", { refuse: true }, "You did not let this page into your account."],
  ["a state that is not the page's own", { wrongState: true }, "not for a login that was begun here"],
  ["403", { status: 403 }, "only five accounts"],
  ["429", { status: 429 }, "wait 7 s"],
])
  test(`${what} is said in words`, async () => {
    const { install } = standIn(songs, options);
    await browser.page({ before: install, complaints: QUIET }, async (page) => {
      await logIn(page);
      await page.getByRole("alert").getByText(words).waitFor();
    });
  });

test("without an application nobody is asked to log in", async () => {
  await browser.page({}, async (page) => {
    await page.getByRole("button", { name: "Paste a list or open a file" }).click();
    await page.getByRole("dialog").getByRole("textbox").waitFor();
    assert.equal(await page.getByText(/Spotify account/).count(), 0);
  });
});

test("a listener's own application is used where the page has none, and for this session only", async () => {
  const clientId = "0123456789abcdef0123456789abcdef";
  const { install } = standIn(songs.slice(0, 2), { builtIn: "", clientId });
  await browser.page({ before: install, complaints: QUIET }, async (page) => {
    await page.getByRole("button", { name: "Paste a list or open a file" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Connect Spotify yourself").click();
    await dialog.getByText(`${new URL(page.url()).origin}/`, { exact: true }).waitFor();
    await dialog.getByRole("textbox", { name: "Client id" }).fill("mine");
    await dialog.getByRole("button", { name: "Use it" }).click();
    await dialog.getByText("A client id is 32 digits").waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole("textbox", { name: "Client id" }).fill(clientId);
    await dialog.getByRole("button", { name: "Use it" }).click();
    await dialog.getByRole("button", { name: "Choose from your Spotify account" }).click();
    await dialog.getByRole("button", { name: "Évening <b> · 3 songs" }).waitFor();
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage }).includes("abcdef")), false);
    // It can be taken back.
    await dialog.getByText("Connect Spotify yourself").click();
    await dialog.getByRole("textbox", { name: "Client id" }).fill("");
    await dialog.getByRole("button", { name: "Forget it" }).click();
    await dialog.getByText("It is forgotten.").waitFor();
    assert.equal(await page.getByText(/Spotify account|From Spotify/).count(), 0);
  });
});
