import styles from "./Beats.module.css";

/** Decoration: three songs to begin with, and the continuation of the playlist. */
const HEIGHTS = [
  58, 92, 74, 46, 80, 62, 96, 52, 70, 88, 40, 66, 84, 56, 76, 48, 90, 60, 72, 38, 82, 54, 68, 44, 78, 50, 62,
  36, 70, 46, 58, 34,
];
const OWN = 3;

export function Beats() {
  return (
    <svg
      className={styles.beats}
      viewBox={`0 0 ${HEIGHTS.length * 10} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {HEIGHTS.map((height, index) => (
        <rect
          key={index}
          data-own={index < OWN || undefined}
          x={index * 10 + 1.5}
          y={100 - height}
          width={7}
          height={height}
          style={{
            animationDelay: `${index * 35}ms`,
            opacity: index < OWN ? 1 : 1 - (index / HEIGHTS.length) * 0.75,
          }}
        />
      ))}
    </svg>
  );
}
