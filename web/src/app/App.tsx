import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useNamesOfLink } from "./useNamesOfLink";
import { useUndoKeys } from "./useUndoKeys";
import { Header } from "./Header";
import { Recommendations } from "../features/recommendations/Recommendations";
import { useRecommendations } from "../features/recommendations/useRecommendations";
import { useVisible } from "../features/recommendations/useVisible";
import { Examples } from "../features/seeds/Examples";
import { SearchBox } from "../features/seeds/SearchBox";
import { SeedList } from "../features/seeds/SeedList";
import { TitleField } from "../features/seeds/TitleField";
import { Shaping } from "../features/shaping/Shaping";
import { Icon } from "../lib/Icon";
import { useStore } from "../lib/store";
import { useMedia } from "../lib/useMedia";
import styles from "./App.module.css";

const ImportDialog = lazy(() => import("../features/seeds/ImportDialog"));
const ExportDialog = lazy(() => import("../features/export/ExportDialog"));
const Graph = lazy(() => import("../features/graph/Graph"));
const Player = lazy(() => import("../features/spotify/Player"));

export function App() {
  const { playlist, brokenLink, dispatch, dismissBrokenLink } = useStore();
  const result = useRecommendations(playlist);
  const songs = useVisible(result);
  const wide = useMedia("(min-width: 80rem)");
  const [view, setView] = useState<"list" | "graph">("list");
  const [pasted, setPasted] = useState<string | null>(null);
  const [exporting, setExporting] = useState(false);
  const [listening, setListening] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  useNamesOfLink();
  useUndoKeys();

  const lit = useMemo(() => {
    const ids = new Set<string>();
    if (focused === null || !result.answer) return ids;
    ids.add(focused);
    for (const edge of result.answer.edges) if (edge.target === focused) ids.add(edge.source);
    return ids;
  }, [focused, result.answer]);

  const begun = playlist.seeds.length > 0 || playlist.kept.length > 0 || playlist.title.trim() !== "";
  useEffect(() => {
    document.title = playlist.title.trim() === "" ? "algorhythms" : `${playlist.title.trim()} · algorhythms`;
  }, [playlist.title]);
  const paste = useCallback((text: string) => setPasted(text), []);

  const start = (
    <>
      <SearchBox onPaste={paste} />
      <button className="button" onClick={() => setPasted("")}>
        <Icon name="paste" /> Paste a list or open a file
      </button>
    </>
  );
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
  const list = (
    <Recommendations result={result} songs={songs} lit={lit} onFocus={setFocused} onListen={setListening} />
  );

  return (
    <div className={styles.app}>
      <Header onExport={() => setExporting(true)} />
      {brokenLink !== null && (
        <p className={styles.broken} role="alert">
          {brokenLink}{" "}
          <button className="text-button" onClick={dismissBrokenLink}>
            Go on without it
          </button>
        </p>
      )}
      {begun ? (
        <main className={styles.work}>
          <div className={styles.side}>
            <section className={styles.start} aria-labelledby="songs">
              <h2 id="songs">Your songs</h2>
              {start}
              <SeedList answer={result.answer} lit={lit} onFocus={setFocused} />
              <TitleField />
              <button className="text-button" onClick={() => dispatch({ type: "clear" })}>
                Start over
              </button>
            </section>
            <Shaping />
          </div>
          <div className={styles.main}>
            {!wide && (
              <div className={styles.tabs} role="group" aria-label="View">
                <button aria-pressed={view === "list"} onClick={() => setView("list")}>
                  List
                </button>
                <button aria-pressed={view === "graph"} onClick={() => setView("graph")}>
                  Graph
                </button>
              </div>
            )}
            {wide || view === "list" ? list : graph}
          </div>
          {wide && <div className={styles.beside}>{graph}</div>}
        </main>
      ) : (
        <main className={styles.empty}>
          <div className={styles.hero}>
            <p className={styles.claim}>
              Start with a song.
              <br />
              Leave with a playlist.
            </p>
            <p className={styles.lead}>
              No account. You see why each song is there, and bend the list until it is yours.
            </p>
          </div>
          <section className={styles.start} aria-label="Begin">
            {start}
            <TitleField />
          </section>
          <Examples />
        </main>
      )}
      <Suspense>
        {pasted !== null && <ImportDialog text={pasted} onClose={() => setPasted(null)} />}
        {exporting && <ExportDialog songs={songs} onClose={() => setExporting(false)} />}
        {listening !== null && <Player song={listening} onClose={() => setListening(null)} />}
      </Suspense>
    </div>
  );
}
