import { memo } from "react";
import type { Part } from "../../lib/reasons";
import styles from "./Bar.module.css";

/** At most this many seeds get their own piece, because more would be slivers; the others share one. */
const PIECES = 6;

/** A score as a bar of its parts: what counts for the song to the right of the line, what counts against it to the left. */
export const Bar = memo(function Bar({
  parts,
  most,
  least,
}: {
  parts: readonly Part[];
  most: number;
  least: number;
}) {
  const width = most - least || 1;
  const positive = pieces(parts.filter((part) => part.value > 0));
  const negative = parts.filter((part) => part.value < 0);
  const against = negative.reduce((sum, part) => sum + part.value, 0);
  const percent = (value: number) => `${(100 * value) / width}%`;
  return (
    <span className={styles.bar} aria-hidden="true">
      <span className={styles.against} style={{ width: percent(-least) }}>
        {against < 0 && <span className={styles.negative} style={{ width: `${(100 * against) / least}%` }} />}
      </span>
      {positive.map((part) => (
        <span
          key={part.key ?? part.kind + part.label}
          className={styles.piece}
          data-kind={part.kind}
          data-taste={part.taste}
          style={{ width: percent(part.value) }}
        />
      ))}
    </span>
  );
});

function pieces(parts: Part[]): Part[] {
  const seeds = parts.filter((part) => part.kind === "seed").sort((one, other) => other.value - one.value);
  const others = parts.filter((part) => part.kind !== "seed");
  if (seeds.length <= PIECES) return [...seeds, ...others];
  const rest = seeds.slice(PIECES - 1);
  const sum = rest.reduce((total, part) => total + part.value, 0);
  return [
    ...seeds.slice(0, PIECES - 1),
    { kind: "seed", key: null, label: "rest", value: sum, taste: rest[0]?.taste ?? 0 },
    ...others,
  ];
}

/** How far the bars of a list reach to either side. */
export function extent(all: readonly (readonly Part[])[]): { most: number; least: number } {
  let most = 0;
  let least = 0;
  for (const parts of all) {
    const up = parts.reduce((sum, part) => sum + Math.max(part.value, 0), 0);
    const down = parts.reduce((sum, part) => sum + Math.min(part.value, 0), 0);
    most = Math.max(most, up);
    least = Math.min(least, down);
  }
  return { most, least };
}
