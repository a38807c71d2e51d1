import type { SongKey } from "./playlist";

/** The names of a song. Title and artist may each be unknown. */
export interface Names {
  readonly title: string | null;
  readonly artist: string | null;
  /** The number of playlists with it, if that is known. */
  readonly playlists?: number | undefined;
}

export type NamesOf = Readonly<Record<SongKey, Names>>;

/** The key of a song that has no identifier. */
export function keyOfNames(title: string, artist: string): SongKey {
  return `~${title.replaceAll("~", " ")}~${artist.replaceAll("~", " ")}`;
}

/** Title and artist of such a key; null for an identifier. */
export function namesOfKey(key: SongKey): { title: string; artist: string } | null {
  if (!key.startsWith("~")) return null;
  const [, title = "", artist = ""] = key.split("~");
  return { title, artist };
}

export function titleOf(key: SongKey, names: NamesOf): string {
  return names[key]?.title ?? namesOfKey(key)?.title ?? nameless(key);
}

/** What is shown of an identifier as long as its names are unknown. */
function nameless(key: SongKey): string {
  const id = spotifyId(key);
  return id ? `Song ${id.slice(0, 6)}…` : key;
}

export function artistOf(key: SongKey, names: NamesOf): string {
  return names[key]?.artist ?? namesOfKey(key)?.artist ?? "";
}

/** The 22 characters by which Spotify knows a track, or null where the song is not from there. */
export function spotifyId(key: SongKey): string | null {
  return /^spotify:track:([0-9A-Za-z]{22})$/.exec(key)?.[1] ?? null;
}
