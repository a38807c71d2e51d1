import type { Notice, ServiceError } from "./api";
import { activeSeeds, type Playlist } from "./playlist";
import { titleOf, type NamesOf } from "./songs";
import { plural, quoted } from "./words";

/**
 * The service's texts in words for listeners: the originals are for programs, and speak of tracks, pages and fields.
 * Texts that are not listed here are passed on unchanged, which is better than nothing.
 */
const REASONS: Readonly<Record<string, string>> = {
  "Nothing like it is in the index.": "Nothing similar is known here.",
  "Its identifier is not in the index.":
    "The song behind this link is not known here. Try its artist and title instead.",
};

/** Why no song was found for a line. */
export function reasonInWords(reason: string): string {
  return REASONS[reason] ?? reason;
}

/** A notice that came with the service's answer. */
export function noticeInWords(notice: Notice, shown: number, asked: number): string {
  // The answer may have come in pages, and the service counts each of them by itself.
  if (notice.code === "fewer_than_asked")
    return `There are no more songs that fit: ${shown} of the ${asked} you asked for.`;
  return notice.detail.replace(/\btracks\b/g, "songs");
}

/** How likely a song would be in such a playlist; null where the service cannot tell. */
export function chanceInWords(chance: number | null | undefined): string | null {
  if (chance === null || chance === undefined) return null;
  const share = Math.round(100 * chance);
  return share < 1
    ? "Of 100 playlists with your songs, hardly one would have it too."
    : `Of 100 playlists with your songs, about ${share} would have it too.`;
}

/**
 * Whether so few playlists are like this one that its songs are guesses.
 * For 5,000 real playlists, 1 to 15 of 100 answers are, depending on how many songs are given.
 */
export function isGuess(chance: number | null | undefined): boolean {
  return chance !== null && chance !== undefined && chance < 0.05;
}

/** What is wrong with a request, judging by the place in it that the service points to, such as `/songs/3/id`. */
export function refusalInWords(error: ServiceError, playlist: Playlist, names: NamesOf): string {
  const [, field = "", place = "", item = ""] = error.pointer.split("/");
  const called = (key: string | undefined) =>
    key === undefined ? "One of the songs" : quoted(titleOf(key, names));
  const at = (keys: readonly string[]) => keys[Number(place)];
  if (field === "songs")
    return place === ""
      ? "There are too many songs to begin with, or none."
      : `${called(at(activeSeeds(playlist)))} cannot be used. Remove it.`;
  if (field === "negative")
    return `${called(at(playlist.less))} cannot be used for “less like this”. Take it back under “Left out”.`;
  if (field === "exclude" && place === "artists")
    return `${quoted(playlist.bannedArtists[Number(item || NaN)] ?? "An artist")} cannot be banned.`;
  if (field === "exclude") return "Too many songs are kept or banned, or one of them cannot be.";
  if (field === "title") return "The title cannot be used. Change it.";
  if (field !== "") return "One of the settings under “Shape it” cannot be used. Change it.";
  return error.message;
}

/** Why the request is retried. */
export function waitingInWords(status: number): string {
  if (status === 503) return "The service is busy or being updated.";
  if (status === 408) return "Your connection is slow: the request did not arrive in time.";
  if (status === 429) return "The service has too many requests right now.";
  if (status >= 500) return "Something went wrong on the service’s side.";
  return "The service cannot be reached right now.";
}

/** The headline of a permanent failure. */
export function failureInWords(status: number): string {
  if (status === 400) return "The service does not understand this.";
  if (status === 408) return "The request did not get through.";
  if (status === 413) return "That is more than the service accepts at once: remove some songs.";
  if (status === 503) return "The service is not available.";
  if (status === 0) return "No answer.";
  return "Something went wrong.";
}

/** What the listener asked for that makes a list short. */
export function limitsInWords({ options, bannedArtists, banned }: Playlist): string[] {
  return [
    ...(options.perArtist !== null ? [`at most ${options.perArtist} per artist`] : []),
    ...(bannedArtists.length > 0 ? [plural(bannedArtists.length, "banned artist")] : []),
    ...(banned.length > 0 ? [plural(banned.length, "banned song")] : []),
  ];
}
