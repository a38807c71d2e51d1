import { Icon } from "../../lib/Icon";
import { artistOf, spotifyId, titleOf } from "../../lib/songs";
import { useStore } from "../../lib/store";
import styles from "./Player.module.css";

/** Spotify's player of one song. It is loaded when the listener asks for it, never before. */
export default function Player({ song, onClose }: { song: string; onClose: () => void }) {
  const { names } = useStore();
  const id = spotifyId(song);
  const title = titleOf(song, names);
  const words = `${title} ${artistOf(song, names)}`.trim();
  return (
    <aside className={styles.player} aria-label="Player">
      {id ? (
        <iframe
          key={id}
          title={`${title}, played by Spotify`}
          src={`https://open.spotify.com/embed/track/${id}`}
          allow="autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture"
          referrerPolicy="no-referrer"
        />
      ) : (
        <p>
          <span dir="auto">{title}</span> cannot be played here.{" "}
          <a
            href={`https://open.spotify.com/search/${encodeURIComponent(words)}`}
            target="_blank"
            rel="noreferrer"
          >
            Look for it at Spotify
          </a>
        </p>
      )}
      <button className="icon-button" onClick={onClose} aria-label="Close the player">
        <Icon name="close" />
      </button>
    </aside>
  );
}
