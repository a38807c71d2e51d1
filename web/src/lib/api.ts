import createClient from "openapi-fetch";
import type { RecommendationsRequest } from "./request";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Track = Schemas["Track"];
export type TrackDetail = Schemas["TrackDetail"];
export type Answer = Schemas["RecommendationsOut"];
export type Recommendation = Schemas["RecommendationNode"];
export type ResolvedLine = Schemas["ResolvedLine"];
export type Notice = Schemas["Notice"];
export type Problem = Schemas["Problem"];

/** Longer than any answer takes; without it a request that hangs would leave the listener waiting for ever. */
const TIMEOUT = 30_000;

/** A failed request, with the service's message if there was one. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  constructor(
    /** 0 where nothing came back at all. */
    readonly status: number,
    message: string,
    /** Seconds until a retry, if the service says so. */
    readonly retryAfter: number | null,
    readonly type = "about:blank",
    /** The first invalid place in the request, such as `/songs/3/id`; "" if none was named. */
    readonly pointer = "",
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export type Api = ReturnType<typeof createApi>;

/** `endpoint` is a promise, so that the page can be shown before it is known. */
export function createApi(endpoint: Promise<string>) {
  const connected = endpoint.then((baseUrl) =>
    createClient<paths>({
      baseUrl,
      // Looked up at each call, so that a test may put another one in its place.
      fetch: (request) => globalThis.fetch(request),
      // The service ignores the type; with this one, browsers need no preflight to another origin.
      headers: { "Content-Type": "text/plain" },
    }),
  );

  return {
    async search(q: string, signal?: AbortSignal): Promise<Track[]> {
      const client = await connected;
      const query = { q, limit: 8 };
      const out = await answered((signal) => client.GET("/tracks", { params: { query }, signal }), signal);
      return out.tracks;
    },
    async track(id: string, signal?: AbortSignal): Promise<TrackDetail> {
      const client = await connected;
      return answered((signal) => client.GET("/tracks/{id}", { params: { path: { id } }, signal }), signal);
    },
    async recommend(body: RecommendationsRequest, signal?: AbortSignal): Promise<Answer> {
      const client = await connected;
      return answered((signal) => client.POST("/recommendations", { body, signal }), signal);
    },
    async resolve(lines: string[], signal?: AbortSignal): Promise<ResolvedLine[]> {
      const client = await connected;
      const out = await answered((signal) => client.POST("/resolve", { body: { lines }, signal }), signal);
      return out.lines;
    },
  };
}

async function answered<T>(
  ask: (signal: AbortSignal) => Promise<{ data?: T; error?: unknown; response: Response }>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort);
  const timer = setTimeout(abort, TIMEOUT);
  try {
    const { data, error, response } = await ask(controller.signal);
    if (data !== undefined) return data;
    throw problem(response, error);
  } catch (error) {
    if (error instanceof ServiceError || outer?.aborted) throw error;
    throw new ServiceError(0, "The service cannot be reached.", null);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}

function problem(response: Response, body: unknown): ServiceError {
  const said = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {};
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  return new ServiceError(
    response.status,
    said.detail ?? said.title ?? `The service answered with ${response.status}.`,
    Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    said.type,
    said.errors?.[0]?.pointer ?? "",
  );
}
