import { afterEach, expect, test, vi } from "vitest";
import { Account } from "./account";
import { challengeOf, finishLogin, isAnswer, loginAddress } from "./login";

afterEach(() => vi.unstubAllGlobals());

test("the challenge is that of RFC 7636's example", async () => {
  expect(await challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
});

test("only an answer to this page's own login is used, and once", async () => {
  const fetch = vi.fn(() =>
    Promise.resolve(Response.json({ access_token: "t", refresh_token: "r", expires_in: 3600 })),
  );
  vi.stubGlobal("fetch", fetch);
  const state = new URL(await loginAddress("client", "export")).searchParams.get("state") ?? "";
  await expect(finishLogin("client", "?code=c&state=other")).rejects.toThrow("not for a login");
  await expect(finishLogin("client", `?code=c&state=${state}`)).rejects.toThrow("not for a login");
  expect(fetch).not.toHaveBeenCalled();

  const again = new URL(await loginAddress("client", "export")).searchParams.get("state") ?? "";
  expect(await finishLogin("client", `?code=c&state=${again}`)).toMatchObject({
    purpose: "export",
    token: { access: "t" },
  });
  expect(isAnswer(`?code=c&state=${again}`)).toBe(true);
  expect(isAnswer("?q=1")).toBe(false);
});

test("the token goes to nobody but Spotify, even if an answer says so", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url);
    return Promise.resolve(
      url.includes("/api/token")
        ? Response.json({ access_token: "t", expires_in: 3600 })
        : Response.json({ items: [], next: "https://elsewhere.test/v1/next" }),
    );
  });
  const account = new Account("client");
  const state = new URL(await loginAddress("client", "import")).searchParams.get("state") ?? "";
  await account.finish(`?code=c&state=${state}`);
  expect(await account.liked()).toEqual([]);
  expect(asked).toEqual([
    "https://accounts.spotify.com/api/token",
    "https://api.spotify.com/v1/me/tracks?limit=50",
  ]);
});

test("a list that was saved half way is continued, not begun again", async () => {
  const asked: [string, number][] = [];
  let refusals = 1;
  vi.stubGlobal("fetch", (url: string, { body }: { body?: string } = {}) => {
    if (url.includes("/api/token"))
      return Promise.resolve(Response.json({ access_token: "t", expires_in: 3600 }));
    const { uris } = JSON.parse(body ?? "{}") as { uris?: string[] };
    asked.push([url.replace("https://api.spotify.com/v1", ""), uris?.length ?? 0]);
    if (asked.length > 2 && refusals-- > 0) return Promise.resolve(new Response(null, { status: 429 }));
    return Promise.resolve(Response.json({ id: "p1" }));
  });
  const account = new Account("client");
  const state = new URL(await loginAddress("client", "export")).searchParams.get("state") ?? "";
  await account.finish(`?code=c&state=${state}`);
  const uris = Array.from({ length: 150 }, (_, index) => `spotify:track:${index}`);
  await expect(account.save("Mine", uris)).rejects.toThrow("wait a little");
  expect(await account.save("Mine", uris)).toBe("https://open.spotify.com/playlist/p1");
  expect(asked).toEqual([
    ["/me/playlists", 0],
    ["/playlists/p1/items", 100],
    ["/playlists/p1/items", 50],
    ["/playlists/p1/items", 50],
  ]);
  await account.save("Mine", uris.slice(0, 1));
  expect(asked.slice(4)).toEqual([
    ["/me/playlists", 0],
    ["/playlists/p1/items", 1],
  ]);
});
