import { Icon } from "../../lib/Icon";
import { moveFocus } from "../../lib/moveFocus";
import { artistOf, titleOf } from "../../lib/songs";
import { useStore } from "../../lib/store";
import { plural, quoted } from "../../lib/words";
import styles from "./Kept.module.css";

/** Songs that stay, whatever else changes. */
export function Kept({ onListen }: { onListen: (id: string) => void }) {
  const { playlist, names, dispatch } = useStore();
  if (playlist.kept.length === 0) return null;
  return (
    <section className={styles.kept} aria-labelledby="kept">
      <h3 id="kept">{plural(playlist.kept.length, "song")} kept</h3>
      <ul aria-label="Kept songs">
        {playlist.kept.map((key) => (
          <li key={key}>
            <Icon name="keep" filled />
            <span className={styles.name}>
              <strong dir="auto">{titleOf(key, names)}</strong> <span dir="auto">{artistOf(key, names)}</span>
            </span>
            <button
              className="icon-button"
              onClick={() => onListen(key)}
              aria-label={`Listen to ${quoted(titleOf(key, names))}`}
            >
              <Icon name="play" />
            </button>
            <button
              className="icon-button"
              onClick={(event) => {
                moveFocus(event.currentTarget);
                dispatch({ type: "remove", from: "kept", key });
              }}
              aria-label={`Stop keeping ${quoted(titleOf(key, names))}`}
              title="Stop keeping"
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
