import { memo } from "react";
import type { Part } from "../../lib/reasons";
import styles from "./Strip.module.css";

/** The whole list at a glance: a bar for each song, as high as its score. Decoration; the list says the same. */
export const Strip = memo(function Strip({ all, lit }: { all: readonly (readonly Part[])[]; lit: number }) {
  const shown = all.slice(0, 120);
  const heights = shown.map((parts) => ({
    seeds: sum(parts, (part) => part.kind === "seed" || part.kind === "title"),
    popularity: sum(parts, (part) => part.kind === "popularity"),
    taste:
      [...parts].sort((one, other) => other.value - one.value).find((part) => part.kind === "seed")?.taste ??
      0,
  }));
  const most = Math.max(...heights.map(({ seeds, popularity }) => seeds + popularity), 0.001);
  return (
    <svg
      className={styles.strip}
      viewBox={`0 0 ${Math.max(shown.length, 1) * 10} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {heights.map(({ seeds, popularity, taste }, index) => {
        const low = (92 * popularity) / most;
        const high = (92 * seeds) / most;
        return (
          <g key={index} className={styles.beat} data-lit={index === lit || undefined} data-taste={taste}>
            <rect x={index * 10 + 1.5} y={100 - low - high} width={7} height={high} />
            <rect className={styles.low} x={index * 10 + 1.5} y={100 - low} width={7} height={low} />
          </g>
        );
      })}
    </svg>
  );
});

function sum(parts: readonly Part[], which: (part: Part) => boolean): number {
  return parts.filter(which).reduce((total, part) => total + Math.max(part.value, 0), 0);
}
