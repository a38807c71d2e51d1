import { LIMITS, type Options } from "../../lib/playlist";
import { useStore } from "../../lib/store";
import { Left } from "./Left";
import { Slider } from "./Slider";
import styles from "./Shaping.module.css";

const COUNTS = [5, 10, 20, 50, 100, 200, 500];
const PER_ARTIST = [1, 2, 3, 5];

/** The few options by which a listener bends the list. */
export function Shaping() {
  const { playlist, dispatch } = useStore();
  const { options } = playlist;
  const set = (change: Partial<Options>) => dispatch({ type: "option", change });
  const counts = COUNTS.includes(options.count)
    ? COUNTS
    : [...COUNTS, options.count].sort((one, other) => one - other);
  const caps =
    options.perArtist === null || PER_ARTIST.includes(options.perArtist)
      ? PER_ARTIST
      : [...PER_ARTIST, options.perArtist].sort((one, other) => one - other);

  return (
    <section className={styles.shaping} aria-labelledby="shape">
      <h2 id="shape">Shape it</h2>
      <Slider
        label="Deep cuts or hits"
        from="deep cuts"
        to="hits"
        min={-1}
        max={1}
        value={options.popularity}
        inWords={(value) =>
          value === 0
            ? "balanced"
            : value > 0.5
              ? "hits"
              : value > 0
                ? "rather hits"
                : value < -0.5
                  ? "deep cuts"
                  : "rather deep cuts"
        }
        onChange={(popularity) => set({ popularity })}
      />
      <Slider
        label="Variety"
        from="alike"
        to="all over"
        min={0}
        max={1}
        value={options.diversity}
        inWords={(value) =>
          value === 0 ? "as it comes" : value < 0.35 ? "a little" : value < 0.7 ? "much" : "as much as can be"
        }
        onChange={(diversity) => set({ diversity })}
      />
      <div className={styles.fields}>
        <label>
          <span>Songs</span>
          <select value={options.count} onChange={(event) => set({ count: Number(event.target.value) })}>
            {counts.map((count) => (
              <option key={count} value={count}>
                {count}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Per artist</span>
          <select
            value={options.perArtist ?? ""}
            onChange={(event) =>
              set({ perArtist: event.target.value === "" ? null : Number(event.target.value) })
            }
          >
            <option value="">any number</option>
            {caps.map((cap) => (
              <option key={cap} value={cap}>
                at most {cap}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={options.collapse}
          onChange={(event) => set({ collapse: event.target.checked })}
        />
        Only the best version of each song
      </label>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={options.tastes}
          onChange={(event) => set({ tastes: event.target.checked })}
        />
        Tell different tastes apart
      </label>
      {options.count === LIMITS.count && (
        <p className={styles.hint}>{LIMITS.count} songs is the most there is.</p>
      )}
      <Left />
    </section>
  );
}
