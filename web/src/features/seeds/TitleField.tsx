import { useEffect, useRef, useState } from "react";
import { LIMITS } from "../../lib/playlist";
import { useStore } from "../../lib/store";
import styles from "./TitleField.module.css";

const PAUSE = 500;

/** The playlist's title; it says what the playlist is about, with songs or without. */
export function TitleField() {
  const { playlist, dispatch } = useStore();
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const commit = (title: string) => {
    clearTimeout(timer.current);
    setDraft(null);
    if (title !== playlist.title) dispatch({ type: "title", title });
  };
  return (
    <label className={styles.title}>
      <span>Title (optional)</span>
      <input
        value={draft ?? playlist.title}
        maxLength={LIMITS.title}
        placeholder="Summer road trip"
        dir="auto"
        onChange={(event) => {
          const title = event.target.value;
          setDraft(title);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => commit(title), PAUSE);
        }}
        onBlur={(event) => commit(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit(event.currentTarget.value);
        }}
      />
    </label>
  );
}
