import type { Answer } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { moveFocus } from "../../lib/moveFocus";
import { artistOf, titleOf } from "../../lib/songs";
import { activeSeeds } from "../../lib/playlist";
import { useStore } from "../../lib/store";
import { plural, quoted } from "../../lib/words";
import styles from "./SeedList.module.css";

/** The songs to begin with, in their groups where they are of several tastes. */
export function SeedList({
  answer,
  lit,
  onFocus,
}: {
  answer: Answer | undefined;
  lit: ReadonlySet<string>;
  onFocus: (id: string) => void;
}) {
  const { playlist, names, dispatch } = useStore();
  if (playlist.seeds.length === 0) return null;

  const nodes = new Map(answer?.source_nodes.map((node) => [node.id, node]));
  const active = activeSeeds(playlist);
  const tasteOf = (key: string) => nodes.get(key)?.taste ?? 0;
  const tastes = [...new Set(active.filter((key) => nodes.get(key)?.resolved_by).map(tasteOf))].sort();
  const several = tastes.length > 1;
  const groups = several
    ? tastes.map((taste) => ({ taste, keys: active.filter((key) => tasteOf(key) === taste) }))
    : [{ taste: 0, keys: active }];
  const unknown = new Map(answer?.unresolved.map(({ id }) => [id, true]));

  const rows = (keys: readonly string[], taste: number) =>
    keys.map((key) => {
      const title = titleOf(key, names);
      const standIn = nodes.get(key)?.resolved_by;
      return (
        <li
          key={key}
          data-taste={taste}
          data-lit={lit.has(key) || undefined}
          onPointerEnter={() => onFocus(key)}
        >
          <span className={styles.name}>
            <strong dir="auto">{title}</strong>
            <span dir="auto">{artistOf(key, names)}</span>
            {unknown.has(key) && <em>unknown here, left out</em>}
            {(standIn === "artist" || standIn === "album") && <em>known by its {standIn} only</em>}
          </span>
          <button
            className="icon-button"
            onClick={(event) => {
              moveFocus(event.currentTarget);
              dispatch({ type: "remove", from: "seeds", key });
            }}
            aria-label={`Remove ${quoted(title)}`}
            title="Remove"
          >
            <Icon name="close" />
          </button>
        </li>
      );
    });

  return (
    <div className={styles.seeds}>
      {groups.map(({ taste, keys }) => (
        <div key={taste} role="group" aria-label={several ? `Taste ${taste + 1}` : "Songs to begin with"}>
          {several && (
            <header>
              <h3 data-taste={taste}>Taste {taste + 1}</h3>
              <button
                className="text-button"
                onClick={() => dispatch({ type: "mute", keys })}
                aria-label={`Mute taste ${taste + 1}`}
              >
                Mute
              </button>
            </header>
          )}
          <ul>{rows(keys, taste)}</ul>
        </div>
      ))}
      {playlist.muted.map((keys, group) => (
        <div key={keys.join()} role="group" aria-label="Muted songs" data-muted>
          <header>
            <h3>Muted</h3>
            <button
              className="text-button"
              onClick={() => dispatch({ type: "unmute", group })}
              aria-label={`Let ${plural(keys.length, "muted song")} count again`}
            >
              Unmute
            </button>
          </header>
          <ul>{rows(keys, 0)}</ul>
        </div>
      ))}
    </div>
  );
}
