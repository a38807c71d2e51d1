import { useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import type { Recommendation } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { moveFocus } from "../../lib/moveFocus";
import { LIMITS } from "../../lib/playlist";
import { meaningOf, partsOf, type Meaning, type Part } from "../../lib/reasons";
import { titleOf, type NamesOf } from "../../lib/songs";
import { useStore } from "../../lib/store";
import { plural } from "../../lib/words";
import { extent } from "./Bar";
import { Kept } from "./Kept";
import { Row, type RowAction } from "./Row";
import { Failure, Notices, Skeleton, Waiting } from "./States";
import { Strip } from "./Strip";
import { useChangeNote } from "./useChangeNote";
import { useFlip } from "./useFlip";
import type { useRecommendations } from "./useRecommendations";
import styles from "./Recommendations.module.css";

const MORE = 20;
const NOTHING = { songs: [] as readonly Recommendation[], all: [] as Part[][], most: 0, least: 0 };
const NO_NAMES: NamesOf = {};

interface Props {
  readonly result: ReturnType<typeof useRecommendations>;
  readonly songs: readonly Recommendation[];
  readonly lit: ReadonlySet<string>;
  readonly onFocus: (id: string) => void;
  readonly onListen: (id: string) => void;
}

export function Recommendations({ result, songs, lit, onFocus, onListen }: Props) {
  const { playlist, history, names, dispatch, undo, redo } = useStore();
  const { answer } = result;
  // Next to "Undone", a button "Undo" could be mistaken for "Redo".
  const undone = history.future.length > 0;
  const [open, setOpen] = useState<string | null>(null);
  const listRef = useRef<HTMLOListElement>(null);
  const note = useChangeNote(history, answer, result.stale);

  // Names keep arriving; rows have to be rendered again only if one of these names changes.
  const lessNames = JSON.stringify(playlist.less.map((key) => ({ key, label: titleOf(key, names) })));
  const meaning = useMemo(
    () => answer && meaningOf(answer, JSON.parse(lessNames) as Meaning["less"]),
    [answer, lessNames],
  );
  const current = useMemo(() => {
    const all = meaning ? songs.map((song) => partsOf(song, meaning)) : [];
    return { songs, all, ...extent(all) };
  }, [songs, meaning]);
  // Hundreds of rows are rendered in slices, so that the page stays responsive.
  const { songs: shown, all, most, least } = useDeferredValue(current, NOTHING);
  const tastes = useMemo(
    () => [...new Set(meaning?.seeds.map((seed) => seed.taste))].sort((one, other) => one - other),
    [meaning],
  );
  useFlip(listRef, shown);

  const act = useCallback(
    (action: RowAction, song: Recommendation) => {
      const learned = { [song.id]: { title: song.track_name, artist: song.track_artist } };
      const add = (to: "kept" | "seeds" | "less" | "banned") =>
        dispatch({ type: "add", to, keys: [song.id] }, learned);
      if (action === "focus") return onFocus(song.id);
      if (action === "listen") return onListen(song.id);
      if (action === "why") return setOpen((now) => (now === song.id ? null : song.id));
      // The focused row disappears: the focus goes to the next row instead of the top of the page.
      const row = document.activeElement?.closest<HTMLElement>("[data-id]");
      if (listRef.current && row?.dataset.id === song.id) moveFocus(document.activeElement);
      if (action === "keep") add("kept");
      if (action === "more") add("seeds");
      if (action === "less") add("less");
      if (action === "ban") add("banned");
      if (action === "ban artist" && song.track_artist)
        dispatch({ type: "ban artist", artist: song.track_artist });
    },
    [dispatch, onFocus, onListen],
  );

  const { count } = playlist.options;
  const shownAll =
    answer !== undefined && (answer.cursor ?? null) === null && answer.recommendation_nodes.length < count;
  const more = Math.min(MORE, LIMITS.count - count);

  return (
    <section
      className={styles.section}
      aria-labelledby="suggestions"
      aria-busy={result.isFetching || shown !== songs}
    >
      <header className={styles.header}>
        <h2 id="suggestions">{answer ? plural(songs.length, "suggestion") : "Suggestions"}</h2>
        <div className={styles.progress} data-on={result.isFetching || undefined} />
      </header>
      <div className={styles.note} data-said={note !== "" || undefined}>
        {note === "" && answer && <span>Keep what you like and ban what you do not: the list follows.</span>}
        <span role="status">{note !== "" && <bdi>{note}</bdi>}</span>
        {note !== "" && (undone || history.past.length > 0) && (
          <button className="text-button" onClick={undone ? redo : undo}>
            {undone ? "Redo" : "Undo"}
          </button>
        )}
      </div>

      <Waiting result={result} />
      <Failure result={result} />
      {answer && <Notices answer={answer} stale={result.stale} />}
      <Kept onListen={onListen} />
      {!answer && !result.isError && <Skeleton count={Math.min(count, 8)} />}

      {answer && songs.length > 0 && (
        <>
          <Strip all={all} lit={shown.findIndex((song) => lit.has(song.id))} />
          <p className={styles.legend}>
            {tastes.length > 1
              ? tastes.map((taste) => (
                  <span key={taste} data-taste={taste}>
                    taste {taste + 1}
                  </span>
                ))
              : tastes.length === 1 && <span data-kind="seed">your songs</span>}
            {all.some((parts) => parts.some((part) => part.kind === "title" && part.value !== 0)) && (
              <span data-kind="title">your title</span>
            )}
            <span data-kind="popularity">popularity</span>
            {least < 0 && <span data-kind="less">counts against</span>}
          </p>
          <ol className={styles.list} ref={listRef} aria-label="Suggested songs">
            {shown.map((song, index) => (
              <Row
                key={song.id}
                song={song}
                rank={index + 1}
                parts={all[index] ?? []}
                most={most}
                least={least}
                open={open === song.id}
                lit={lit.has(song.id)}
                names={open === song.id ? names : NO_NAMES}
                onAction={act}
              />
            ))}
          </ol>
          {!shownAll && more > 0 && (
            <button
              className="button"
              data-size="large"
              disabled={result.stale}
              onClick={() => dispatch({ type: "option", change: { count: count + more } })}
            >
              <Icon name="more" /> {more} more
            </button>
          )}
        </>
      )}
      {answer && songs.length === 0 && !result.isFetching && (
        <p className={styles.nothing}>
          Nothing is left to suggest. Allow an artist again, or add another song.
        </p>
      )}
    </section>
  );
}
