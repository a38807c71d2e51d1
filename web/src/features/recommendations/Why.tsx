import type { Recommendation } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { chanceInWords } from "../../lib/inWords";
import type { Part } from "../../lib/reasons";
import { titleOf, type NamesOf } from "../../lib/songs";
import { plural, quoted } from "../../lib/words";
import type { RowAction } from "./Row";
import styles from "./Why.module.css";

const SHOWN = 12;

interface Props {
  readonly song: Recommendation;
  readonly parts: readonly Part[];
  readonly names: NamesOf;
  readonly onAction: (action: RowAction, song: Recommendation) => void;
}

/** Everything that counts for and against a song, in numbers, and everything that can be done with it, in words. */
export function Why({ song, parts, names, onAction }: Props) {
  const sorted = [...parts].sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  const shown = sorted.slice(0, SHOWN);
  const rest = sorted.slice(SHOWN);
  const restSum = rest.reduce((sum, part) => sum + part.value, 0);
  const chance = chanceInWords(song.chance);
  return (
    <div className={styles.why}>
      <div className={styles.actions}>
        <button className="button" onClick={() => onAction("more", song)}>
          <Icon name="up" /> More like this
        </button>
        <button className="button" onClick={() => onAction("less", song)}>
          <Icon name="down" /> Less like this
        </button>
        <button className="button" onClick={() => onAction("listen", song)}>
          <Icon name="play" /> Listen
        </button>
        {song.track_artist && (
          <button className="button" onClick={() => onAction("ban artist", song)}>
            <Icon name="ban" /> <span dir="auto">Ban {song.track_artist}</span>
          </button>
        )}
      </div>
      <table className={styles.parts}>
        <caption>What makes up its score</caption>
        <tbody>
          {shown.map((part, index) => (
            <tr key={index}>
              <th scope="row" dir="auto">
                {part.kind === "seed" ? part.label : capital(part.label)}
              </th>
              <td>{signed(part.value)}</td>
            </tr>
          ))}
          {rest.length > 0 && (
            <tr>
              <th scope="row">{plural(rest.length, "other song")} of yours</th>
              <td>{signed(restSum)}</td>
            </tr>
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Score, the sum</th>
            <td>{song.score.toFixed(3)}</td>
          </tr>
        </tfoot>
      </table>
      <div className={styles.evidence}>
        <h4>Seen together</h4>
        {song.evidence && song.evidence.length > 0 ? (
          <ul>
            {song.evidence.map(({ source, playlists }) => (
              <li key={source}>
                in {plural(playlists, "playlist")} with{" "}
                <span dir="auto">{quoted(titleOf(source, names))}</span>
              </li>
            ))}
          </ul>
        ) : (
          <p>It shares at most one playlist with your songs. It is close to them in taste all the same.</p>
        )}
        {chance && <p>{chance}</p>}
      </div>
    </div>
  );
}

function signed(value: number): string {
  return (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
