import { lazy, Suspense, useEffect, useState } from "react";
import { Examples } from "../features/seeds/Examples";
import { SearchBox } from "../features/seeds/SearchBox";
import type { Account } from "../features/spotify/account";
import type { Purpose } from "../features/spotify/login";
import { TitleField } from "../features/seeds/TitleField";
import { useStore } from "../lib/store";
import { Beats } from "./Beats";
import { Header } from "./Header";
import { ImportButton } from "./ImportButton";
import { useUndoKeys } from "./useUndoKeys";
import styles from "./App.module.css";

const loadWork = () => import("./Work");
const Work = lazy(loadWork);
const FromSpotify = lazy(() => import("../features/spotify/FromSpotify"));
const ImportDialog = lazy(() => import("../features/seeds/ImportDialog"));

/** `account` only where this deployment has an application at Spotify; `login` is what became of a login there. */
export interface SpotifyStart {
  readonly account: Account;
  readonly login: { readonly purpose: Purpose | null; readonly failed: string };
}

export function App({ spotify }: { spotify: SpotifyStart | null }) {
  const { playlist, brokenLink, dismissBrokenLink } = useStore();
  const purpose = spotify?.login.purpose ?? null;
  const [pasted, setPasted] = useState<string | null>(purpose === "import" ? "" : null);
  const [exporting, setExporting] = useState(purpose === "export");
  const [failedLogin, setFailedLogin] = useState(spotify?.login.failed ?? "");
  useUndoKeys();

  const title = playlist.title.trim();
  const begun = playlist.seeds.length > 0 || playlist.kept.length > 0 || title !== "";
  useEffect(() => {
    document.title = title === "" ? "algorhythms" : `${title} · algorhythms`;
  }, [title]);
  // What comes after the first song is fetched while the listener looks for it.
  useEffect(() => void loadWork(), []);

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
      {failedLogin !== "" && (
        <p className={styles.broken} role="alert">
          {failedLogin}{" "}
          <button className="text-button" onClick={() => setFailedLogin("")}>
            All right
          </button>
        </p>
      )}
      {begun ? (
        <Suspense fallback={<main className={styles.loading} aria-busy="true" />}>
          <Work
            account={spotify?.account ?? null}
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
              <TitleField />
            </div>
          </section>
          <Examples />
        </main>
      )}
      <Suspense>
        {pasted !== null && (
          <ImportDialog text={pasted} onClose={() => setPasted(null)}>
            {spotify &&
              ((onList) => (
                <FromSpotify
                  account={spotify.account}
                  onSongs={(name, songs) =>
                    onList({
                      name,
                      entries: songs.map((song) => ({ text: `${song.artist} - ${song.title}`, ...song })),
                    })
                  }
                />
              ))}
          </ImportDialog>
        )}
      </Suspense>
    </div>
  );
}
