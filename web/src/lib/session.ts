import { BEGINNING, type History, type Step } from "./history";
import { EMPTY, type Playlist } from "./playlist";
import type { NamesOf } from "./songs";

/** Where the state is kept across reloads; it is gone when the tab is closed. */
const KEY = "algorhythms:1";
const STEPS_SAVED = 30;

export interface Saved {
  readonly history: History;
  readonly names: NamesOf;
}

export function save({ history, names }: Saved): void {
  const slim = ({ playlist, label }: Step): Step => ({ playlist, label });
  const kept: History = {
    past: history.past.slice(-STEPS_SAVED).map(slim),
    present: slim(history.present),
    future: history.future.slice(0, STEPS_SAVED).map(slim),
  };
  const used = new Set<string>();
  for (const { playlist } of [...kept.past, kept.present, ...kept.future])
    for (const key of [...playlist.seeds, ...playlist.kept, ...playlist.less, ...playlist.banned])
      used.add(key);
  const usedNames = Object.fromEntries(Object.entries(names).filter(([key]) => used.has(key)));
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ history: kept, names: usedNames }));
  } catch {
    // No room, or storage is switched off: the link in the address bar still holds the playlist.
  }
}

export function load(): Saved {
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Saved | null;
    if (
      saved &&
      [...saved.history.past, saved.history.present, ...saved.history.future].every((step) =>
        whole(step.playlist),
      )
    )
      return saved;
  } catch {
    // Damaged: start over.
  }
  return { history: BEGINNING, names: {} };
}

function whole(playlist: Playlist): boolean {
  return Object.keys(EMPTY).every((name) => name in playlist);
}
