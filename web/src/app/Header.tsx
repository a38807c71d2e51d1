import { useState } from "react";
import { Icon } from "../lib/Icon";
import { useStore } from "../lib/store";
import { useTheme, type Theme } from "../lib/theme";
import styles from "./Header.module.css";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const ICONS = { system: "system", light: "sun", dark: "moon" } as const;

export function Header({ onExport }: { onExport: () => void }) {
  const { history, playlist, undo, redo } = useStore();
  const [theme, setTheme] = useTheme();
  const last = history.past.length > 0 ? history.present.label : null;
  const next = history.future[0]?.label ?? null;
  const something = playlist.seeds.length > 0 || playlist.kept.length > 0 || playlist.title.trim() !== "";
  return (
    <header className={styles.header}>
      <h1 className={styles.mark}>
        <svg viewBox="0 0 22 18" aria-hidden="true">
          <path d="M0 6h4v12H0zM6 0h4v18H6zM12 9h4v9h-4zM18 3h4v15h-4z" fill="currentColor" />
        </svg>
        algorhythms
      </h1>
      <div className={styles.tools}>
        <button
          className="icon-button"
          onClick={undo}
          disabled={last === null}
          aria-label={last === null ? "Undo" : `Undo: ${last}`}
          title={last === null ? "Undo" : `Undo: ${last}`}
        >
          <Icon name="undo" />
        </button>
        <button
          className="icon-button"
          onClick={redo}
          disabled={next === null}
          aria-label={next === null ? "Redo" : `Redo: ${next}`}
          title={next === null ? "Redo" : `Redo: ${next}`}
        >
          <Icon name="redo" />
        </button>
        <CopyLink disabled={!something} />
        <button
          className="icon-button"
          onClick={() => setTheme(NEXT[theme])}
          aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}`}
          title={`Theme: ${theme}`}
        >
          <Icon name={ICONS[theme]} />
        </button>
        {something && (
          <button className="button" data-main onClick={onExport}>
            <Icon name="out" /> <span>Save playlist</span>
          </button>
        )}
      </div>
    </header>
  );
}

function CopyLink({ disabled }: { disabled: boolean }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setSaid("Link copied");
    } catch {
      setSaid("The link is in the address bar");
    }
    setTimeout(() => setSaid(""), 2500);
  };
  return (
    <span className={styles.copy}>
      <button
        className="icon-button"
        disabled={disabled}
        onClick={() => void copy()}
        aria-label="Copy a link to this playlist"
        title="Copy a link to this playlist"
      >
        <Icon name="link" />
      </button>
      <span role="status" className={styles.said}>
        {said}
      </span>
    </span>
  );
}
