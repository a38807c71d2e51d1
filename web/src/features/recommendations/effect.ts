import type { Recommendation } from "../../lib/api";
import type { Step } from "../../lib/history";
import { plural } from "../../lib/words";

/** What the last step did to the list, in a sentence or two. */
export function effect(
  step: Step,
  before: readonly Recommendation[],
  after: readonly Recommendation[],
): string {
  const { action } = step;
  const now = new Set(after.map((song) => song.id));
  const then = new Set(before.map((song) => song.id));
  const gone = before.filter((song) => !now.has(song.id));
  const fresh = after.filter((song) => !then.has(song.id)).length;
  const came = fresh === 0 ? "" : ` ${fresh === 1 ? "1 new song" : `${fresh} new songs`} came in.`;

  switch (action?.type) {
    case "ban artist": {
      const lost = before.filter((song) => sameArtist(song, action.artist)).length;
      return lost > 0
        ? `${plural(lost, "song")} by ${action.artist}, whom you banned, ${lost === 1 ? "is" : "are"} gone.${came}`
        : `Songs by ${action.artist} will not be suggested.`;
    }
    case "option":
      if (action.change.perArtist !== undefined && action.change.perArtist !== null)
        return `No artist has more than ${plural(action.change.perArtist, "song")} now.${moved(gone.length, fresh)}`;
      if (action.change.collapse === true)
        return `Only the best version of each song is left.${moved(gone.length, fresh)}`;
      if (action.change.popularity !== undefined)
        return `${action.change.popularity > 0 ? "Well-known songs count more" : action.change.popularity < 0 ? "Well-known songs count less" : "Popularity counts as usual"}.${moved(gone.length, fresh)}`;
      if (action.change.diversity !== undefined)
        return `${action.change.diversity === 0 ? "Songs may be alike" : "Songs are less alike"}.${moved(gone.length, fresh)}`;
      if (action.change.count !== undefined) return `${plural(after.length, "song")} now.`;
      break;
    case "add":
      if (action.to === "banned") return `The song is gone.${came}`;
      if (action.to === "kept") return `Kept.${came}`;
      if (action.to === "less") return `Moved away from it.${moved(gone.length - 1, fresh)}`;
      break;
  }
  const what = step.label === "" ? "" : `${step.label.charAt(0).toUpperCase()}${step.label.slice(1)}:`;
  if (gone.length === 0 && fresh === 0) return `${what} the same songs.`.trim();
  return `${what}${moved(gone.length, fresh).toLowerCase()}`.trim();
}

function moved(gone: number, fresh: number): string {
  if (gone <= 0 && fresh === 0) return " The songs are the same.";
  if (gone <= 0) return ` ${plural(fresh, "song")} came in.`;
  return ` ${plural(gone, "song")} went, ${fresh} came in.`;
}

function sameArtist(song: Recommendation, artist: string): boolean {
  return song.track_artist?.toLowerCase() === artist.toLowerCase();
}
