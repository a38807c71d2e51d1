import { useEffect, useId, useRef, useState } from "react";
import styles from "./Slider.module.css";

/** A movement ends with a pause of this many milliseconds, so that one movement is one step to undo. */
const PAUSE = 250;

interface Props {
  readonly label: string;
  readonly from: string;
  readonly to: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly inWords: (value: number) => string;
  readonly onChange: (value: number) => void;
}

export function Slider({ label, from, to, min, max, value, inWords, onChange }: Props) {
  const [draft, setDraft] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  useEffect(() => () => clearTimeout(timer.current), []);
  const shown = draft ?? value;
  return (
    <div className={styles.slider}>
      <label htmlFor={id}>{label}</label>
      <output htmlFor={id}>{inWords(shown)}</output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={0.1}
        value={shown}
        aria-valuetext={inWords(shown)}
        onChange={(event) => {
          const next = Math.round(Number(event.target.value) * 10) / 10;
          setDraft(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => {
            setDraft(null);
            onChange(next);
          }, PAUSE);
        }}
      />
      <span className={styles.ends} aria-hidden="true">
        <span>{from}</span>
        <span>{to}</span>
      </span>
    </div>
  );
}
