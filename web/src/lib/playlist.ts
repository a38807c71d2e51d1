import { beginning } from "./words";

/**
 * What the listener has chosen so far. This is the whole state of the page: the request and the link are made from it,
 * and undo returns to earlier states. Songs are keys; their names are in `songs.ts`.
 */

/** The identifier of a track, or `~title~artist` for a song that the service does not know. */
export type SongKey = string;

export interface Options {
  readonly count: number;
  /** From -1 (deep cuts) to 1 (hits). */
  readonly popularity: number;
  readonly diversity: number;
  readonly perArtist: number | null;
  readonly collapse: boolean;
  readonly tastes: boolean;
}

export interface Playlist {
  readonly title: string;
  readonly seeds: readonly SongKey[];
  /** Groups of seeds that are muted: they do not count until they are unmuted. */
  readonly muted: readonly (readonly SongKey[])[];
  readonly kept: readonly SongKey[];
  readonly less: readonly SongKey[];
  readonly banned: readonly SongKey[];
  readonly bannedArtists: readonly string[];
  readonly options: Options;
}

export const LIMITS = {
  seeds: 500,
  less: 100,
  banned: 1000,
  kept: 500,
  artists: 200,
  title: 200,
  count: 500,
} as const;

export const EMPTY: Playlist = {
  title: "",
  seeds: [],
  muted: [],
  kept: [],
  less: [],
  banned: [],
  bannedArtists: [],
  options: { count: 20, popularity: 0, diversity: 0, perArtist: null, collapse: true, tastes: true },
};

/** A song is in one of these lists at most. */
const LISTS = ["seeds", "kept", "less", "banned"] as const;
export type SongList = (typeof LISTS)[number];

export type Action =
  | { readonly type: "add"; readonly to: SongList; readonly keys: readonly SongKey[] }
  | { readonly type: "remove"; readonly from: SongList; readonly key: SongKey }
  | { readonly type: "ban artist"; readonly artist: string }
  | { readonly type: "allow artist"; readonly artist: string }
  | { readonly type: "title"; readonly title: string }
  | { readonly type: "option"; readonly change: Partial<Options> }
  | { readonly type: "mute"; readonly keys: readonly SongKey[] }
  | { readonly type: "unmute"; readonly group: number }
  | { readonly type: "clear" }
  | { readonly type: "open"; readonly playlist: Playlist };

export function change(playlist: Playlist, action: Action): Playlist {
  switch (action.type) {
    case "add": {
      const fresh = [...new Set(action.keys)].filter((key) => !playlist[action.to].includes(key));
      const room = LIMITS[action.to] - playlist[action.to].length;
      const added = fresh.slice(0, Math.max(room, 0));
      if (added.length === 0) return playlist;
      const rest = withoutSongs(playlist, new Set(added));
      return { ...rest, [action.to]: [...rest[action.to], ...added] };
    }
    case "remove":
      return playlist[action.from].includes(action.key)
        ? withoutSongs(playlist, new Set([action.key]))
        : playlist;
    case "ban artist":
      return playlist.bannedArtists.includes(action.artist) || playlist.bannedArtists.length >= LIMITS.artists
        ? playlist
        : { ...playlist, bannedArtists: [...playlist.bannedArtists, action.artist] };
    case "allow artist":
      return {
        ...playlist,
        bannedArtists: playlist.bannedArtists.filter((artist) => artist !== action.artist),
      };
    case "title":
      return { ...playlist, title: beginning(action.title, LIMITS.title) };
    case "option":
      return { ...playlist, options: { ...playlist.options, ...action.change } };
    case "mute":
      return { ...playlist, muted: [...playlist.muted, action.keys] };
    case "unmute":
      return { ...playlist, muted: playlist.muted.filter((_, index) => index !== action.group) };
    case "clear":
      return { ...EMPTY, options: playlist.options };
    case "open":
      return action.playlist;
  }
}

/** The seeds that count now. */
export function activeSeeds(playlist: Playlist): readonly SongKey[] {
  if (playlist.muted.length === 0) return playlist.seeds;
  const muted = new Set(playlist.muted.flat());
  return playlist.seeds.filter((key) => !muted.has(key));
}

export function isEmpty(playlist: Playlist): boolean {
  return activeSeeds(playlist).length === 0 && playlist.title.trim() === "";
}

function withoutSongs(playlist: Playlist, keys: ReadonlySet<SongKey>): Playlist {
  const rest: Record<SongList, readonly SongKey[]> = { seeds: [], kept: [], less: [], banned: [] };
  for (const list of LISTS) rest[list] = playlist[list].filter((key) => !keys.has(key));
  const muted = playlist.muted
    .map((group) => group.filter((key) => !keys.has(key)))
    .filter((group) => group.length > 0);
  return { ...playlist, ...rest, muted };
}
