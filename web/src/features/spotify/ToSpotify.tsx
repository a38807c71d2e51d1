import { useState } from "react";
import type { Account } from "./account";
import styles from "./Spotify.module.css";

interface Props {
  readonly account: Account;
  readonly title: string;
  readonly uris: readonly string[];
  /** Songs of the list that Spotify does not know by their identifier. */
  readonly without: number;
}

/** Saves the list as a private playlist of the listener's account. */
export default function ToSpotify({ account, title, uris, without }: Props) {
  const [saved, setSaved] = useState("");
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setFailed("");
    try {
      setSaved(await account.save(title, uris));
    } catch (error) {
      setFailed(error instanceof Error ? error.message : "That did not work.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className={styles.spotify} aria-labelledby="to-spotify">
      <h3 id="to-spotify">Spotify</h3>
      {account.loggedIn ? (
        <button className="button" disabled={busy || uris.length === 0} onClick={() => void save()}>
          {busy ? "Saving…" : "Save as a playlist"}
        </button>
      ) : (
        <button className="button" onClick={() => void account.login("export")}>
          Log in to save it at Spotify
        </button>
      )}
      {without > 0 && <p>{without} of the songs have no identifier of Spotify and stay behind.</p>}
      {failed !== "" && <p role="alert">{failed}</p>}
      <p role="status">
        {saved !== "" && (
          <>
            Saved.{" "}
            <a href={saved} target="_blank" rel="noreferrer">
              Open it at Spotify
            </a>
          </>
        )}
      </p>
    </section>
  );
}
