import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
  type ReactNode,
} from "react";
import { fromFragment, toFragment } from "./fragment";
import { describe } from "./describe";
import { historyReducer, type History } from "./history";
import type { Action, Playlist, SongKey } from "./playlist";
import { load, save, type Saved } from "./session";
import type { Names, NamesOf } from "./songs";

interface Store {
  readonly history: History;
  readonly playlist: Playlist;
  readonly names: NamesOf;
  /** What is wrong with the link that the page was opened with. */
  readonly brokenLink: string | null;
  readonly dispatch: (action: Action, learn?: Readonly<Record<SongKey, Names>>) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Remember how songs are called. */
  readonly learn: (names: Readonly<Record<SongKey, Names>>) => void;
  readonly dismissBrokenLink: () => void;
}

const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error("no StoreProvider above");
  return store;
}

function namesReducer(names: NamesOf, learned: NamesOf): NamesOf {
  const news = Object.entries(learned).filter(
    ([key, name]) =>
      names[key]?.title !== name.title ||
      names[key].artist !== name.artist ||
      (name.playlists !== undefined && names[key].playlists !== name.playlists),
  );
  if (news.length === 0) return names;
  return { ...names, ...Object.fromEntries(news.map(([key, name]) => [key, { ...names[key], ...name }])) };
}

/** The saved session, plus one step if the page was opened with a link to another playlist. */
function opened(): Saved & { brokenLink: string | null } {
  const saved = load();
  const link = fromFragment(location.hash);
  if (link.kind === "broken") return { ...saved, brokenLink: link.why };
  if (link.kind === "none" || toFragment(link.playlist) === toFragment(saved.history.present.playlist))
    return { ...saved, brokenLink: null };
  const action: Action = { type: "open", playlist: link.playlist };
  const history = historyReducer(saved.history, { type: "do", action, label: describe(action, saved.names) });
  return { history, names: saved.names, brokenLink: null };
}

export function StoreProvider({ children }: { children: ReactNode }) {
  const [start] = useState(opened);
  const [history, change] = useReducer(historyReducer, start.history);
  const [names, learn] = useReducer(namesReducer, start.names);
  const [brokenLink, setBrokenLink] = useState(start.brokenLink);
  const { playlist } = history.present;

  // Actions are described with the names of that moment, without a new `dispatch` for each new name.
  const latest = useRef(names);
  useEffect(() => {
    latest.current = names;
  }, [names]);

  const dispatch = useCallback((action: Action, learned: NamesOf = {}) => {
    learn(learned);
    change({ type: "do", action, label: describe(action, { ...latest.current, ...learned }) });
  }, []);
  const undo = useCallback(() => change({ type: "undo" }), []);
  const redo = useCallback(() => change({ type: "redo" }), []);
  const dismissBrokenLink = useCallback(() => setBrokenLink(null), []);

  useEffect(() => save({ history, names }), [history, names]);

  // `brokenLink` makes it run again, to replace a damaged link in the address bar by the current playlist.
  useEffect(() => {
    const fragment = toFragment(playlist);
    if (fragment === location.hash.slice(1)) return;
    window.history.replaceState(
      window.history.state,
      "",
      fragment === "" ? location.pathname + location.search : `#${fragment}`,
    );
  }, [playlist, brokenLink]);

  // Opens another link that is pasted into the address bar of the same tab.
  useEffect(() => {
    const follow = () => {
      const link = fromFragment(location.hash);
      if (link.kind === "broken") setBrokenLink(link.why);
      if (link.kind !== "playlist") return;
      setBrokenLink(null);
      dispatch({ type: "open", playlist: link.playlist });
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [dispatch]);

  const store = useMemo<Store>(
    () => ({ history, playlist, names, brokenLink, dispatch, undo, redo, learn, dismissBrokenLink }),
    [history, playlist, names, brokenLink, dispatch, undo, redo, dismissBrokenLink],
  );
  return <StoreContext value={store}>{children}</StoreContext>;
}
