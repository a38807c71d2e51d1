import { lazy, Suspense, useEffect, useState } from "react";
import { Examples } from "../features/seeds/Examples";
import { SearchBox } from "../features/seeds/SearchBox";
import { TitleField } from "../features/seeds/TitleField";
import { useStore } from "../lib/store";
import { Beats } from "./Beats";
import { Header } from "./Header";
import { ImportButton } from "./ImportButton";
import { QualityLink } from "./QualityLink";
import type { SpotifyStart } from "./startSpotify";
import { useUndoKeys } from "./useUndoKeys";
import styles from "./App.module.css";

const loadWork = () => import("./Work");
const Work = lazy(loadWork);
const FromSpotify = lazy(() => import("../features/spotify/FromSpotify"));
const OwnClientId = lazy(() => import("../features/spotify/OwnClientId"));
const ImportDialog = lazy(() => import("../features/seeds/ImportDialog"));

interface Props {
  readonly spotifyStart: Promise<SpotifyStart>;
  readonly endpoint: Promise<string>;
}

export function App({ spotifyStart, endpoint }: Props) {
  const { playlist, history, brokenLink, dismissBrokenLink } = useStore();
  const [pasted, setPasted] = useState<string | null>(null);
  const [exporting, setExporting] = useState(false);
  const [spotify, setSpotify] = useState<SpotifyStart | null>(null);
  useEffect(() => {
    // After a login, the listener continues where the login interrupted them.
    void spotifyStart.then((start) => {
      setSpotify(start);
      if (start.purpose === "import") setPasted("");
      if (start.purpose === "export") setExporting(true);
    });
  }, [spotifyStart]);
  useUndoKeys();

  const title = playlist.title.trim();
  const songs = playlist.seeds.length > 0 || playlist.kept.length > 0;
  // The start page stays while a listener is typing a title, so that the field does not vanish in mid-word.
  const [working, setWorking] = useState(false);
  const begun = songs || (title !== "" && (working || history.present.action?.type !== "title"));
  if (begun !== working) setWorking(begun);
  useEffect(() => {
    document.title = title === "" ? "algorhythms" : `${title} · algorhythms`;
  }, [title]);
  // Once the page is loaded, what is needed after the first song is fetched while the listener searches for that song.
  useEffect(() => {
    const timer = setTimeout(() => void loadWork(), 1000);
    return () => clearTimeout(timer);
  }, []);

  const ownClientId = spotify && !spotify.builtIn && (
    <Suspense>
      <OwnClientId onAccount={(account) => setSpotify({ ...spotify, account })} />
    </Suspense>
  );

  return (
    <div className={styles.app}>
      <Header
        onExport={() => {
          setWorking(true);
          setExporting(true);
        }}
      />
      {brokenLink !== null && (
        <p className={styles.broken} role="alert">
          {brokenLink}{" "}
          <button className="text-button" onClick={dismissBrokenLink}>
            Go on without it
          </button>
        </p>
      )}
      {spotify && spotify.failed !== "" && (
        <p className={styles.broken} role="alert">
          {spotify.failed}{" "}
          <button className="text-button" onClick={() => setSpotify({ ...spotify, failed: "" })}>
            All right
          </button>
        </p>
      )}
      {begun ? (
        <Suspense fallback={<main className={styles.loading} aria-busy="true" />}>
          <Work
            account={spotify?.account ?? null}
            connect={ownClientId}
            exporting={exporting}
            onExported={() => setExporting(false)}
            onPaste={setPasted}
          />
        </Suspense>
      ) : (
        <main className={styles.empty}>
          <div className={styles.hero}>
            <p className={styles.claim}>
              Start with a song.
              <br />
              Leave with a playlist.
            </p>
            <Beats />
            <p className={styles.lead}>
              No account. You see why each song is there, and bend the list until it is yours.
            </p>
          </div>
          <section className={styles.start} aria-label="Begin">
            <SearchBox onPaste={setPasted} />
            <div className={styles.ways}>
              <ImportButton onOpen={() => setPasted("")} />
              <TitleField onGo={() => setWorking(true)} />
            </div>
          </section>
          <Examples />
        </main>
      )}
      <footer className={styles.footer}>
        <Suspense>
          <QualityLink endpoint={endpoint} />
        </Suspense>
      </footer>
      <Suspense>
        {pasted !== null && (
          <ImportDialog text={pasted} onClose={() => setPasted(null)}>
            {(onList) => (
              <>
                {spotify?.account && (
                  <FromSpotify
                    account={spotify.account}
                    onSongs={(name, songs) =>
                      onList({
                        name,
                        entries: songs.map((song) => ({ text: `${song.artist} - ${song.title}`, ...song })),
                      })
                    }
                  />
                )}
                {ownClientId}
              </>
            )}
          </ImportDialog>
        )}
      </Suspense>
    </div>
  );
}
