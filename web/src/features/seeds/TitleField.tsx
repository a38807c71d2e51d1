import { useEffect, useRef, useState } from "react";
import { LIMITS } from "../../lib/playlist";
import { useStore } from "../../lib/store";
import styles from "./TitleField.module.css";

const PAUSE = 500;

interface Props {
  /** Continues with the title alone. Until then the page stays as it is, or the field would vanish during typing. */
  readonly onGo?: () => void;
}

/** The playlist's title; it says what the playlist is about, with songs or without. */
export function TitleField({ onGo }: Props) {
  const { playlist, dispatch } = useStore();
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const commit = (title: string) => {
    clearTimeout(timer.current);
    setDraft(null);
    if (title !== playlist.title) dispatch({ type: "title", title });
  };
  const title = draft ?? playlist.title;
  const field = (
    <label className={styles.title}>
      <span>{onGo ? "Title: enough on its own, or together with songs" : "Title (optional)"}</span>
      <input
        value={title}
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
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          commit(event.currentTarget.value);
          onGo?.();
        }}
      />
    </label>
  );
  if (!onGo) return field;
  return (
    <div className={styles.alone}>
      {field}
      <button
        className="button"
        disabled={title.trim() === ""}
        onClick={() => {
          commit(title);
          onGo();
        }}
      >
        Go
      </button>
    </div>
  );
}
