import { finishLogin, loginAddress, LoginError, refresh, type Purpose, type Token } from "./login";

const API = "https://api.spotify.com/v1";
/** At most this many pages of a long list are fetched: the page takes no more than 500 songs. */
const MOST_PAGES = 10;

export interface SpotifyPlaylist {
  readonly id: string;
  readonly name: string;
  readonly songs: number;
}

export interface SpotifySong {
  readonly uri: string;
  readonly title: string;
  readonly artist: string;
}

/** A failure in words for the listener. */
export class SpotifyError extends Error {
  override readonly name = "SpotifyError";
}

/**
 * The listener's account at Spotify, by the few calls of its Web API that this page needs, as they are since February
 * 2026. The token lives here and nowhere else: it is gone with the page.
 */
export class Account {
  #token: Token | null = null;
  #unfinished: { readonly wanted: string; readonly id: string; saved: number } | null = null;
  readonly #clientId: string;

  constructor(clientId: string) {
    this.#clientId = clientId;
  }

  get loggedIn(): boolean {
    return this.#token !== null;
  }

  async login(purpose: Purpose): Promise<void> {
    location.assign(await loginAddress(this.#clientId, purpose));
  }

  async finish(search: string): Promise<Purpose> {
    const { token, purpose } = await finishLogin(this.#clientId, search);
    this.#token = token;
    return purpose;
  }

  async playlists(): Promise<SpotifyPlaylist[]> {
    const items = await this.#pages(`${API}/me/playlists?limit=50`);
    return items.flatMap((item) => {
      const counted = object(item.items) ?? object(item.tracks);
      return typeof item.id === "string"
        ? [{ id: item.id, name: text(item.name) || "Without a name", songs: Number(counted?.total ?? 0) }]
        : [];
    });
  }

  async songsOf(playlist: string): Promise<SpotifySong[]> {
    return songs(await this.#pages(`${API}/playlists/${encodeURIComponent(playlist)}/items?limit=50`));
  }

  async liked(): Promise<SpotifySong[]> {
    return songs(await this.#pages(`${API}/me/tracks?limit=50`));
  }

  /** Makes a private playlist and says where it is. If it fails half way, the next call continues. */
  async save(name: string, uris: readonly string[]): Promise<string> {
    const wanted = JSON.stringify([name, uris]);
    if (this.#unfinished?.wanted !== wanted) {
      const playlist = await this.#call("POST", `${API}/me/playlists`, { name, public: false });
      const id = text(playlist.id);
      if (id === "") throw new SpotifyError("Spotify did not say where the playlist is.");
      this.#unfinished = { wanted, id, saved: 0 };
    }
    const unfinished = this.#unfinished;
    const address = encodeURIComponent(unfinished.id);
    for (; unfinished.saved < uris.length; unfinished.saved += 100)
      await this.#call("POST", `${API}/playlists/${address}/items`, {
        uris: uris.slice(unfinished.saved, unfinished.saved + 100),
      });
    this.#unfinished = null;
    return `https://open.spotify.com/playlist/${address}`;
  }

  async #pages(first: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let next: string | null = first;
    for (let page = 0; next !== null && page < MOST_PAGES; page++) {
      // The token goes to Spotify only, whatever an answer says.
      if (!next.startsWith(`${API}/`)) break;
      const answer = await this.#call("GET", next);
      if (Array.isArray(answer.items)) items.push(...answer.items.filter(isObject));
      next = typeof answer.next === "string" ? answer.next : null;
    }
    return items;
  }

  async #call(method: string, url: string, body?: unknown): Promise<Record<string, unknown>> {
    let response = await this.#send(method, url, body);
    if (response.status === 401 && this.#token?.refresh) {
      this.#token = { ...this.#token, expires: 0 };
      response = await this.#send(method, url, body);
    }
    if (response.ok)
      return ((await response.json().catch(() => null)) as Record<string, unknown> | null) ?? {};
    throw new SpotifyError(this.#words(response));
  }

  async #send(method: string, url: string, body?: unknown): Promise<Response> {
    const access = await this.#access();
    try {
      return await fetch(url, {
        method,
        headers: {
          Authorization: `Bearer ${access}`,
          ...(body !== undefined && { "Content-Type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new SpotifyError("Spotify cannot be reached.");
    }
  }

  async #access(): Promise<string> {
    const token = this.#token;
    if (!token) throw new SpotifyError("Log in at Spotify first.");
    if (token.expires - Date.now() > 10_000) return token.access;
    try {
      if (!token.refresh) throw new LoginError("Your login at Spotify has run out. Log in again.");
      this.#token = await refresh(this.#clientId, token.refresh);
      return this.#token.access;
    } catch (error) {
      this.#token = null;
      throw new SpotifyError(error instanceof Error ? error.message : "Log in at Spotify again.");
    }
  }

  #words(response: Response): string {
    if (response.status === 401) {
      this.#token = null;
      return "Your login at Spotify has run out. Log in again.";
    }
    if (response.status === 403)
      return "Spotify does not let this account in. As long as an application is in development, Spotify lets only five accounts use it, which its owner has to enter; ask who runs this page.";
    if (response.status === 429) {
      const seconds = Number(response.headers.get("Retry-After"));
      return seconds > 0
        ? `Spotify asks you to wait ${seconds} s, then try again.`
        : "Spotify asks you to wait a little, then try again.";
    }
    return `Spotify answered with an error (${response.status}). Try again later.`;
  }
}

function songs(items: readonly Record<string, unknown>[]): SpotifySong[] {
  return items.flatMap((entry) => {
    const song = object(entry.item) ?? object(entry.track);
    const uri = text(song?.uri);
    if (!song || !uri.startsWith("spotify:track:")) return [];
    const [artist] = Array.isArray(song.artists) ? song.artists.filter(isObject) : [];
    return [{ uri, title: text(song.name), artist: text(artist?.name) }];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function object(value: unknown): Record<string, unknown> | null {
  return isObject(value) ? value : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
