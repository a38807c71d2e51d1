import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { plural } from "../../lib/words";
import type { Account, SpotifySong } from "./account";
import styles from "./Spotify.module.css";

interface Props {
  readonly account: Account;
  readonly onSongs: (name: string, songs: readonly SpotifySong[]) => void;
}

/** The listener's playlists and liked songs, to begin with. */
export default function FromSpotify({ account, onSongs }: Props) {
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const playlists = useQuery({
    queryKey: ["spotify", "playlists"],
    queryFn: () => account.playlists(),
    enabled: account.loggedIn,
    retry: false,
  });
  if (!account.loggedIn || playlists.error)
    return (
      <section className={styles.spotify} aria-label="Spotify">
        <button className="button" onClick={() => void account.login("import")}>
          Choose from your Spotify account
        </button>
        {playlists.error && <p role="alert">{playlists.error.message}</p>}
      </section>
    );

  const choose = async (name: string, fetchSongs: () => Promise<SpotifySong[]>) => {
    setBusy(true);
    setFailed("");
    try {
      onSongs(name, await fetchSongs());
    } catch (error) {
      setFailed(error instanceof Error ? error.message : "That did not work.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className={styles.spotify} aria-labelledby="from-spotify">
      <h3 id="from-spotify">From Spotify</h3>
      {failed !== "" && <p role="alert">{failed}</p>}
      {!playlists.data && <p role="status">Asking Spotify…</p>}
      <ul aria-busy={busy}>
        <li>
          <button
            className="button"
            disabled={busy}
            onClick={() => void choose("Liked songs", () => account.liked())}
          >
            Liked songs
          </button>
        </li>
        {playlists.data?.map((playlist) => (
          <li key={playlist.id}>
            <button
              className="button"
              disabled={busy}
              onClick={() => void choose(playlist.name, () => account.songsOf(playlist.id))}
            >
              <span dir="auto">{playlist.name}</span>
              {playlist.songs > 0 && ` · ${plural(playlist.songs, "song")}`}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
