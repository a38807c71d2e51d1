import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createApi, ServiceError } from "./api";
import { retryDelay, shouldRetry } from "./retry";

const ENDPOINT = "http://endpoint.test";
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const api = createApi(Promise.resolve(ENDPOINT));
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as ServiceError,
  );

test("a search is asked as it was typed", async () => {
  server.use(
    http.get(`${ENDPOINT}/tracks`, ({ request }) => {
      const { searchParams } = new URL(request.url);
      return HttpResponse.json({
        tracks: [
          { id: searchParams.get("q"), track_name: "T", track_artist: null, album: null, playlists: 1 },
        ],
      });
    }),
  );
  expect((await api.search("a&b #1"))[0]?.id).toBe("a&b #1");
});

test("a request is one that no browser asks beforehand about", async () => {
  let type: string | null = "";
  server.use(
    http.post(`${ENDPOINT}/resolve`, ({ request }) => {
      type = request.headers.get("Content-Type");
      return HttpResponse.json({ model_version: "1", lines: [] });
    }),
  );
  expect(await api.resolve(["x"])).toEqual([]);
  expect(type).toBe("text/plain");
});

test("503 may pass, and says when", async () => {
  server.use(
    http.post(`${ENDPOINT}/recommendations`, () =>
      HttpResponse.json(
        { detail: "The index does not answer" },
        { status: 503, headers: { "Retry-After": "7" } },
      ),
    ),
  );
  const error = await failure(api.recommend({ songs: [] }));
  expect(error).toMatchObject({ status: 503, message: "The index does not answer", retryAfter: 7 });
  expect(shouldRetry(0, error)).toBe(true);
  expect(retryDelay(0, error)).toBe(7000);
});

test("400 will not pass, and its own words are kept", async () => {
  server.use(
    http.post(`${ENDPOINT}/recommendations`, () =>
      HttpResponse.json({ type: "urn:x", title: "No", detail: "/songs: why" }, { status: 400 }),
    ),
  );
  const error = await failure(api.recommend({}));
  expect(error).toMatchObject({ status: 400, message: "/songs: why", type: "urn:x", passing: false });
  expect(shouldRetry(0, error)).toBe(false);
});

test("an answer that is no JSON, and none at all, are failures in words", async () => {
  server.use(http.get(`${ENDPOINT}/tracks`, () => new HttpResponse("<html>", { status: 502 })));
  expect(await failure(api.search("x"))).toMatchObject({ status: 502, passing: true });
  server.use(http.get(`${ENDPOINT}/tracks`, () => HttpResponse.error()));
  expect(await failure(api.search("x"))).toMatchObject({
    status: 0,
    message: "The service cannot be reached.",
  });
});

test("what is asked no more is given up at once", async () => {
  server.use(http.get(`${ENDPOINT}/tracks`, () => new Promise<Response>(() => undefined)));
  const controller = new AbortController();
  const asked = api.search("x", controller.signal);
  controller.abort();
  expect(await failure(asked)).not.toBeInstanceOf(ServiceError);
});

test("waiting grows where nobody says how long", () => {
  const error = new ServiceError(0, "", null);
  expect([0, 1, 2, 9].map((failures) => retryDelay(failures, error))).toEqual([1000, 2000, 4000, 16000]);
});
