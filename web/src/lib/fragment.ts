import { EMPTY, LIMITS, type Options, type Playlist, type SongKey } from "./playlist";
import { beginning } from "./words";

/**
 * The playlist as the part of an address after `#`, which browsers never send: `v=1&s=…&t=…`. Spotify's tracks are
 * their 22 characters, other keys are percent-encoded after `=`; defaults are left out. Names are not in it: the page
 * gets them from the service, so a link cannot give a song a false name.
 */
export const VERSION = "1";

export type Opened =
  | { readonly kind: "none" }
  | { readonly kind: "playlist"; readonly playlist: Playlist }
  | { readonly kind: "broken"; readonly why: string };

const SPOTIFY = "spotify:track:";

export function toFragment(playlist: Playlist): string {
  const { options } = playlist;
  const fields: [string, string][] = [
    ["s", packKeys(playlist.seeds)],
    ["m", playlist.muted.map(packKeys).join(";")],
    ["k", packKeys(playlist.kept)],
    ["l", packKeys(playlist.less)],
    ["b", packKeys(playlist.banned)],
    ["a", playlist.bannedArtists.map(pack).join(",")],
    ["t", pack(playlist.title)],
    ["n", options.count === EMPTY.options.count ? "" : String(options.count)],
    ["p", options.popularity === 0 ? "" : String(options.popularity)],
    ["d", options.diversity === 0 ? "" : String(options.diversity)],
    ["x", options.perArtist === null ? "" : String(options.perArtist)],
    ["c", options.collapse ? "" : "0"],
    ["g", options.tastes ? "" : "0"],
  ];
  const filled = fields.filter(([, value]) => value !== "");
  return filled.length === 0
    ? ""
    : [`v=${VERSION}`, ...filled.map(([name, value]) => `${name}=${value}`)].join("&");
}

export function fromFragment(fragment: string): Opened {
  const text = fragment.replace(/^#/, "");
  if (text === "") return { kind: "none" };
  const fields = new Map<string, string>();
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    if (at > 0) fields.set(part.slice(0, at), part.slice(at + 1));
  }
  const version = fields.get("v");
  if (version === undefined)
    return { kind: "broken", why: "This link holds no playlist. Perhaps a part of it is missing." };
  if (version !== VERSION)
    return {
      kind: "broken",
      why: "This link was made by another version of this page, which this one cannot read.",
    };
  try {
    return { kind: "playlist", playlist: read(fields) };
  } catch {
    return { kind: "broken", why: "This link is damaged. Perhaps it was cut off on its way." };
  }
}

function read(fields: ReadonlyMap<string, string>): Playlist {
  const field = (name: string) => fields.get(name) ?? "";
  const seen = new Set<SongKey>();
  // A song is in one list only, whatever the link says.
  const songs = (name: string, limit: number) => {
    const keys = unpackKeys(field(name)).filter((key) => !seen.has(key) && seen.add(key));
    return keys.slice(0, limit);
  };
  const seeds = songs("s", LIMITS.seeds);
  const options: Options = {
    count: Math.round(number(field("n"), EMPTY.options.count, 1, LIMITS.count)),
    popularity: number(field("p"), 0, -1, 1),
    diversity: number(field("d"), 0, 0, 1),
    perArtist: field("x") === "" ? null : Math.round(number(field("x"), 1, 1, 500)),
    collapse: field("c") !== "0",
    tastes: field("g") !== "0",
  };
  return {
    title: beginning(unpack(field("t")), LIMITS.title),
    seeds,
    muted: field("m")
      .split(";")
      .map((group) => unpackKeys(group).filter((key) => seeds.includes(key)))
      .filter((group) => group.length > 0),
    kept: songs("k", LIMITS.kept),
    less: songs("l", LIMITS.less),
    banned: songs("b", LIMITS.banned),
    bannedArtists: split(field("a")).map(unpack).slice(0, LIMITS.artists),
    options,
  };
}

function number(text: string, otherwise: number, least: number, most: number): number {
  if (text === "") return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`${text} is no number`);
  return Math.min(Math.max(value, least), most);
}

// Also encodes the signs that this format itself uses, and those that chat programs mistake for the end of a link.
function pack(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~.]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unpack(text: string): string {
  return decodeURIComponent(text);
}

function split(text: string): string[] {
  return text.split(",").filter((part) => part !== "");
}

function packKeys(keys: readonly SongKey[]): string {
  return keys.map((key) => (isSpotify(key) ? key.slice(SPOTIFY.length) : `=${pack(key)}`)).join(",");
}

function unpackKeys(text: string): SongKey[] {
  return split(text).map((part) => {
    const key = part.startsWith("=") ? unpack(part.slice(1)) : SPOTIFY + part;
    if (key === "" || key.length > 500 || (!part.startsWith("=") && !isSpotify(key)))
      throw new Error("no song");
    return key;
  });
}

function isSpotify(key: SongKey): boolean {
  return /^spotify:track:[0-9A-Za-z]{22}$/.test(key);
}
