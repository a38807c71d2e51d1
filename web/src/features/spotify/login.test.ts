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
