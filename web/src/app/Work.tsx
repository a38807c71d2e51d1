import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { Recommendations } from "../features/recommendations/Recommendations";
import { useRecommendations } from "../features/recommendations/useRecommendations";
import { useVisible } from "../features/recommendations/useVisible";
import type { Account } from "../features/spotify/account";
import { SearchBox } from "../features/seeds/SearchBox";
import { SeedList } from "../features/seeds/SeedList";
import { TitleField } from "../features/seeds/TitleField";
import { Shaping } from "../features/shaping/Shaping";
import { useMedia } from "../lib/useMedia";
import { useStore } from "../lib/store";
import { ImportButton } from "./ImportButton";
import { useNamesOfLink } from "./useNamesOfLink";
import styles from "./Work.module.css";

const ExportDialog = lazy(() => import("../features/export/ExportDialog"));
const Graph = lazy(() => import("../features/graph/Graph"));
const ToSpotify = lazy(() => import("../features/spotify/ToSpotify"));
const Player = lazy(() => import("../features/spotify/Player"));

const VIEWS = { list: "List", graph: "Graph", songs: "Songs", shape: "Shape" } as const;
type View = keyof typeof VIEWS;

interface Props {
  readonly account: Account | null;
  /** How to connect an account if the page is set up without Spotify. */
  readonly connect: ReactNode;
  readonly exporting: boolean;
  readonly onExported: () => void;
  readonly onPaste: (text: string) => void;
}

/** The page once there is something to begin with: the listener's songs, the suggestions, and their connections. */
export default function Work({ account, connect, exporting, onExported, onPaste }: Props) {
  const { playlist, dispatch } = useStore();
  const result = useRecommendations(playlist);
  const songs = useVisible(result);
  const [listening, setListening] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [view, setView] = useState<View>("list");
  const narrow = !useMedia("(min-width: 52rem)");
  const wide = useMedia("(min-width: 80rem)");
  useNamesOfLink();

  const lit = useMemo(() => {
    const ids = new Set<string>();
    if (focused === null || !result.answer) return ids;
    ids.add(focused);
    for (const edge of result.answer.edges) if (edge.target === focused) ids.add(edge.source);
    return ids;
  }, [focused, result.answer]);

  const views: View[] = narrow ? ["list", "graph", "songs", "shape"] : wide ? ["list"] : ["list", "graph"];
  const shown = views.includes(view) ? view : "list";
  const graph = (
    <Suspense fallback={<p className={styles.loading}>Drawing…</p>}>
      <Graph
        answer={result.answer}
        songs={songs}
        focused={focused}
        onFocus={setFocused}
        onListen={setListening}
      />
    </Suspense>
  );

  // On a phone, only the search stays above the list; all else is behind buttons, so that the list is visible at once.
  const search = <SearchBox onPaste={onPaste} />;
  const own = (
    <>
      <ImportButton onOpen={() => onPaste("")} />
      <SeedList answer={result.answer} lit={lit} onFocus={setFocused} />
      <TitleField />
      <button className="text-button" onClick={() => dispatch({ type: "clear" })}>
        Start over
      </button>
    </>
  );

  return (
    <main className={styles.work}>
      <div className={styles.side}>
        <section className={styles.start} aria-labelledby="songs">
          <h2 id="songs" className={narrow ? "visually-hidden" : undefined}>
            Your songs
          </h2>
          {search}
          {!narrow && own}
        </section>
        {!narrow && <Shaping />}
      </div>
      <div className={styles.main}>
        {views.length > 1 && (
          <div className={styles.views} role="group" aria-label="View">
            {views.map((name) => (
              <button key={name} aria-pressed={shown === name} onClick={() => setView(name)}>
                {VIEWS[name]}
              </button>
            ))}
          </div>
        )}
        {shown === "list" && (
          <Recommendations
            result={result}
            songs={songs}
            lit={lit}
            onFocus={setFocused}
            onListen={setListening}
          />
        )}
        {shown === "graph" && graph}
        {shown === "songs" && (
          <section className={styles.start} aria-label="Songs to begin with">
            {own}
          </section>
        )}
        {shown === "shape" && <Shaping />}
      </div>
      {wide && <div className={styles.beside}>{graph}</div>}
      <Suspense>
        {exporting && (
          <ExportDialog songs={songs} onClose={onExported}>
            {(title, list) => {
              const known = list.filter((song) => song.spotify !== null);
              return (
                <>
                  {account && (
                    <ToSpotify
                      account={account}
                      title={title}
                      uris={known.map((song) => song.id)}
                      without={list.length - known.length}
                    />
                  )}
                  {connect}
                </>
              );
            }}
          </ExportDialog>
        )}
        {listening !== null && <Player song={listening} onClose={() => setListening(null)} />}
      </Suspense>
    </main>
  );
}
