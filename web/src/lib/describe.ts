import type { Action, Options } from "./playlist";
import { titleOf, type NamesOf } from "./songs";
import { plural, quoted } from "./words";

/** An action in words, as undo and redo name it. */
export function describe(action: Action, names: NamesOf): string {
  switch (action.type) {
    case "add": {
      const [key] = action.keys;
      const what =
        action.keys.length === 1 && key !== undefined
          ? quoted(titleOf(key, names))
          : plural(action.keys.length, "song");
      return { seeds: `add ${what}`, kept: `keep ${what}`, less: `less like ${what}`, banned: `ban ${what}` }[
        action.to
      ];
    }
    case "remove": {
      const what = quoted(titleOf(action.key, names));
      return {
        seeds: `remove ${what}`,
        kept: `stop keeping ${what}`,
        less: `forget “less like ${titleOf(action.key, names)}”`,
        banned: `allow ${what} again`,
      }[action.from];
    }
    case "ban artist":
      return `ban ${action.artist}`;
    case "allow artist":
      return `allow ${action.artist} again`;
    case "title":
      return action.title.trim() === "" ? "remove the title" : `title ${quoted(action.title.trim())}`;
    case "option":
      return optionInWords(action.change);
    case "mute":
      return `mute ${plural(action.keys.length, "song")}`;
    case "unmute":
      return "unmute a group";
    case "clear":
      return "start over";
    case "open":
      return "open a link";
  }
}

function optionInWords(change: Partial<Options>): string {
  if (change.count !== undefined) return `show ${plural(change.count, "song")}`;
  if (change.popularity !== undefined)
    return change.popularity === 0
      ? "neither hits nor deep cuts"
      : change.popularity > 0
        ? "more hits"
        : "deeper cuts";
  if (change.diversity !== undefined)
    return change.diversity === 0 ? "no extra variety" : "change the variety";
  if (change.perArtist !== undefined)
    return change.perArtist === null ? "any number per artist" : `at most ${change.perArtist} per artist`;
  if (change.collapse !== undefined)
    return change.collapse ? "one version of each song" : "all versions of a song";
  if (change.tastes !== undefined) return change.tastes ? "tell tastes apart" : "take all songs as one taste";
  return "change an option";
}
