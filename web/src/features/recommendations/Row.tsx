import { memo } from "react";
import type { Recommendation } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { becauseOf, type Part } from "../../lib/reasons";
import type { NamesOf } from "../../lib/songs";
import { quoted } from "../../lib/words";
import { Bar } from "./Bar";
import { Why } from "./Why";
import styles from "./Row.module.css";

export type RowAction = "keep" | "more" | "less" | "ban" | "ban artist" | "listen" | "why" | "focus";

interface Props {
  readonly song: Recommendation;
  readonly rank: number;
  readonly parts: readonly Part[];
  readonly most: number;
  readonly least: number;
  readonly open: boolean;
  readonly lit: boolean;
  readonly names: NamesOf;
  readonly onAction: (action: RowAction, song: Recommendation) => void;
}

export const Row = memo(function Row({ song, rank, parts, most, least, open, lit, names, onAction }: Props) {
  const title = song.track_name ?? song.id;
  const artist = song.track_artist ?? "";
  const name = artist ? `${quoted(title)} by ${artist}` : quoted(title);
  const act = (action: RowAction) => () => onAction(action, song);
  return (
    // Pointing at or focusing a row only highlights it in the graph.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      className={styles.row}
      data-id={song.id}
      data-lit={lit || undefined}
      onPointerEnter={act("focus")}
      onFocus={act("focus")}
    >
      <span className={styles.rank} aria-hidden="true">
        {rank}
      </span>
      <div className={styles.names}>
        <h3 className={styles.title} dir="auto">
          {title}
        </h3>
        <p className={styles.artist} dir="auto">
          {artist}
        </p>
      </div>
      <div className={styles.score}>
        <Bar parts={parts} most={most} least={least} />
        <p className={styles.because}>{becauseOf(parts)}</p>
      </div>
      <div className={styles.actions} role="group" aria-label={`What to do with ${name}`}>
        <button
          className="icon-button"
          data-wide
          onClick={act("more")}
          aria-label={`More like ${name}`}
          title="More like this"
        >
          <Icon name="up" />
        </button>
        <button
          className="icon-button"
          data-wide
          onClick={act("less")}
          aria-label={`Less like ${name}`}
          title="Less like this"
        >
          <Icon name="down" />
        </button>
        <button
          className="icon-button"
          data-wide
          onClick={act("listen")}
          aria-label={`Listen to ${name}`}
          title="Listen"
        >
          <Icon name="play" />
        </button>
        <button className="icon-button" onClick={act("ban")} aria-label={`Ban ${name}`} title="Ban this song">
          <Icon name="ban" />
        </button>
        <button className="icon-button" onClick={act("keep")} aria-label={`Keep ${name}`} title="Keep">
          <Icon name="keep" />
        </button>
        <button
          className="icon-button"
          data-turns
          onClick={act("why")}
          aria-expanded={open}
          aria-label={`Why ${name}`}
          title="Why this song"
        >
          <Icon name="chevron" />
        </button>
      </div>
      {open && <Why song={song} parts={parts} names={names} onAction={onAction} />}
    </li>
  );
});
