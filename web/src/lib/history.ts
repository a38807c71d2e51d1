import { change, EMPTY, type Action, type Playlist } from "./playlist";

/** One step: the playlist after it, and what was done, in words. */
export interface Step {
  readonly playlist: Playlist;
  readonly label: string;
  /** The action that led here; the note above the list says what it did. Not kept over a reload. */
  readonly action?: Action | undefined;
}

export interface History {
  readonly past: readonly Step[];
  readonly present: Step;
  readonly future: readonly Step[];
}

export type HistoryAction =
  | { readonly type: "do"; readonly action: Action; readonly label: string }
  | { readonly type: "undo" }
  | { readonly type: "redo" };

const STEPS_KEPT = 100;

export const BEGINNING: History = { past: [], present: { playlist: EMPTY, label: "" }, future: [] };

export function historyReducer(history: History, event: HistoryAction): History {
  const { past, present, future } = history;
  switch (event.type) {
    case "do": {
      const playlist = change(present.playlist, event.action);
      if (playlist === present.playlist) return history;
      return {
        past: [...past, present].slice(-STEPS_KEPT),
        present: { playlist, label: event.label, action: event.action },
        future: [],
      };
    }
    case "undo": {
      const last = past.at(-1);
      return last ? { past: past.slice(0, -1), present: last, future: [present, ...future] } : history;
    }
    case "redo": {
      const [next, ...rest] = future;
      return next ? { past: [...past, present], present: next, future: rest } : history;
    }
  }
}
