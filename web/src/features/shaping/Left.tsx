import { Icon } from "../../lib/Icon";
import { moveFocus } from "../../lib/moveFocus";
import type { Action } from "../../lib/playlist";
import { artistOf, titleOf } from "../../lib/songs";
import { useStore } from "../../lib/store";
import styles from "./Left.module.css";

/** What was banned or moved away from, each with a button to undo that. */
export function Left() {
  const { playlist, names, dispatch } = useStore();
  const entry = (what: string, text: string, action: Action, name: string) => ({ what, text, action, name });
  const entries = [
    ...playlist.less.map((key) =>
      entry(
        "less like",
        titleOf(key, names),
        { type: "remove", from: "less", key },
        `Forget less like ${titleOf(key, names)}`,
      ),
    ),
    ...playlist.bannedArtists.map((artist) =>
      entry("no more", artist, { type: "allow artist", artist }, `Allow ${artist} again`),
    ),
    ...playlist.banned.map((key) =>
      entry(
        "banned",
        [titleOf(key, names), artistOf(key, names)].filter(Boolean).join(" · "),
        { type: "remove", from: "banned", key },
        `Allow ${titleOf(key, names)} again`,
      ),
    ),
  ];
  if (entries.length === 0) return null;
  return (
    <section aria-labelledby="left-out">
      <h3 className={styles.heading} id="left-out">
        Left out
      </h3>
      <ul className={styles.list}>
        {entries.map(({ what, text, action, name }) => (
          <li key={what + name}>
            <span>
              {what} <strong dir="auto">{text}</strong>
            </span>
            <button
              className="icon-button"
              onClick={(event) => {
                moveFocus(event.currentTarget);
                dispatch(action);
              }}
              aria-label={name}
              title="Take back"
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
