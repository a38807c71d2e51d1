import { useQuery } from "@tanstack/react-query";
import { useState, type DragEvent, type ReactNode } from "react";
import { ServiceError } from "../../lib/api";
import { Dialog } from "../../lib/Dialog";
import { LIMITS, type SongKey } from "../../lib/playlist";
import { useApi } from "../../lib/useApi";
import { reasonInWords, waitingInWords } from "../../lib/inWords";
import { keyOfNames, type Names } from "../../lib/songs";
import { useStore } from "../../lib/store";
import { plural } from "../../lib/words";
import { parseFile, parseLines, type Entry, type ParsedList } from "./parse";
import { resolveEntries, type ResolvedEntry } from "./resolve";
import styles from "./ImportDialog.module.css";

/** A match with at least this confidence need not be checked. */
const SURE = 0.9;
const LARGEST = 20 * 1024 * 1024;

interface Props {
  /** What was pasted already. */
  readonly text: string;
  readonly onClose: () => void;
  /** Where else lists may come from, such as an account. */
  readonly children?: ((onList: (list: ParsedList) => void) => ReactNode) | null;
}

export default function ImportDialog({ text, onClose, children }: Props) {
  const [entries, setEntries] = useState<readonly Entry[] | null>(
    text.trim() === "" ? null : parseLines(text),
  );
  const [lists, setLists] = useState<readonly ParsedList[] | null>(null);
  return (
    <Dialog title="Paste a list or open a file" onClose={onClose}>
      {entries ? (
        <Matches entries={entries} onBack={() => setEntries(null)} onClose={onClose} />
      ) : lists ? (
        <Choose lists={lists} onChoose={(list) => setEntries(list.entries)} onBack={() => setLists(null)} />
      ) : (
        <>
          <Input
            onLists={(lists) => {
              if (lists.length === 1 && lists[0]) setEntries(lists[0].entries);
              else setLists(lists);
            }}
          />
          {children?.((list) => setEntries(list.entries))}
        </>
      )}
    </Dialog>
  );
}

function Input({ onLists }: { onLists: (lists: readonly ParsedList[]) => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [over, setOver] = useState(false);

  const open = async (file: File | undefined) => {
    if (!file) return;
    try {
      if (file.size > LARGEST) throw new Error("This file is larger than 20 MB.");
      const lists = parseFile(file.name, await file.text()).filter((list) => list.entries.length > 0);
      if (lists.length === 0) throw new Error("There is no song in this file.");
      onLists(lists);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : "This file cannot be read.");
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void open(event.dataTransfer.files[0]);
  };
  return (
    // Dropping is one more way; the button opens files by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className={styles.input}
      data-over={over || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") onLists([{ name: "", entries: parseLines(text) }]);
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label className={styles.field}>
        <span>One song per line: artist and title, or a Spotify link</span>
        <textarea
          rows={8}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={"Daft Punk - Get Lucky\nhttps://open.spotify.com/track/…"}
        />
      </label>
      <div className={styles.buttons}>
        <button className="button" data-main disabled={text.trim() === ""}>
          Find these songs
        </button>
        <label className="button">
          Open a file
          <input
            className="visually-hidden"
            type="file"
            accept=".m3u,.m3u8,.csv,.tsv,.txt,.json,.jspf,.xspf,.xml"
            onChange={(event) => void open(event.target.files?.[0])}
          />
        </label>
      </div>
      <p className={styles.hint}>
        Or drop a file here: M3U, CSV, JSPF, XSPF, text, or what Spotify exports. It is read on your device;
        only the lines go to the service.
      </p>
      {wrong !== "" && (
        <p role="alert" className={styles.wrong}>
          {wrong}
        </p>
      )}
    </form>
  );
}

function Choose({
  lists,
  onChoose,
  onBack,
}: {
  lists: readonly ParsedList[];
  onChoose: (list: ParsedList) => void;
  onBack: () => void;
}) {
  return (
    <>
      <p>There are {plural(lists.length, "playlist")} in it. Which one?</p>
      <ul className={styles.lists}>
        {lists.map((list, index) => (
          <li key={index}>
            <button className="button" onClick={() => onChoose(list)}>
              <span dir="auto">{list.name}</span> · {plural(list.entries.length, "song")}
            </button>
          </li>
        ))}
      </ul>
      <button className="text-button" onClick={onBack}>
        Back
      </button>
    </>
  );
}

interface MatchesProps {
  readonly entries: readonly Entry[];
  readonly onBack: () => void;
  readonly onClose: () => void;
}

/** What each line is, how surely, and what else it might be. The listener has the last word. */
function Matches({ entries, onBack, onClose }: MatchesProps) {
  const api = useApi();
  const { playlist, dispatch } = useStore();
  const [choices, setChoices] = useState<Readonly<Record<number, SongKey>>>({});
  const { data, error, failureCount, failureReason, fetchStatus, refetch } = useQuery({
    queryKey: ["resolve", entries],
    queryFn: ({ signal }) => resolveEntries(api, entries, signal),
    staleTime: Infinity,
  });

  if (!data)
    return error ? (
      <div role="alert" className={styles.wrong}>
        <p>{error.message}</p>
        <button className="button" onClick={() => void refetch()}>
          Try again
        </button>
      </div>
    ) : (
      <p role="status">
        {fetchStatus === "paused"
          ? "You are offline."
          : failureCount > 0
            ? `${waitingInWords(failureReason instanceof ServiceError ? failureReason.status : 0)} Retrying automatically.`
            : `Looking for ${plural(entries.length, "song")}…`}
      </p>
    );

  const chosen = data.map(({ line }, index) => choices[index] ?? line.match?.id ?? "");
  const keys = [...new Set(chosen.filter((key) => key !== ""))];
  const fresh = keys.filter((key) => !playlist.seeds.includes(key));
  const missed = chosen.filter((key) => key === "").length;
  // Uncertain lines come first. The order depends on what was found, not on choices, so that no line moves later.
  const order = [...data.entries()].sort(([, one], [, other]) => certainty(one) - certainty(other));
  const add = () => {
    const learned: Record<SongKey, Names> = {};
    for (const { line } of data)
      for (const track of line.match ? [line.match, ...line.candidates] : line.candidates)
        learned[track.id] = {
          title: track.track_name,
          artist: track.track_artist,
          playlists: track.playlists,
        };
    dispatch({ type: "add", to: "seeds", keys }, learned);
    onClose();
  };

  return (
    <>
      <p role="status">
        {plural(keys.length, "song")} found
        {missed > 0 && `, ${missed} ${missed === 1 ? "line is" : "lines are"} left out`}
        {data.length < entries.length && `; only the first ${LIMITS.seeds} lines count`}. What needs a look
        comes first.
      </p>
      <ul className={styles.lines} aria-label="Lines">
        {order.map(([index, resolved]) => (
          <Line
            key={index}
            resolved={resolved}
            value={chosen[index] ?? ""}
            onChange={(key) => setChoices({ ...choices, [index]: key })}
          />
        ))}
      </ul>
      <div className={styles.footer}>
        <button className="button" data-main onClick={add} disabled={fresh.length === 0}>
          {fresh.length === 0 ? "No new song" : `Add ${plural(fresh.length, "song")}`}
        </button>
        <button className="button" onClick={onBack}>
          Back
        </button>
      </div>
    </>
  );
}

function certainty({ line }: ResolvedEntry): number {
  return !line.match ? 0 : line.confidence < SURE ? 1 : 2;
}

function Line({
  resolved,
  value,
  onChange,
}: {
  resolved: ResolvedEntry;
  value: SongKey;
  onChange: (key: SongKey) => void;
}) {
  const { entry, line } = resolved;
  const options = new Map(line.candidates.map((track) => [track.id, track]));
  const best =
    line.match && !options.has(line.match.id) ? [{ ...line.match, confidence: line.confidence }] : [];
  const tracks = [...best, ...options.values()];
  const chosen = tracks.find((track) => track.id === value);
  const standIn = byArtist(entry);
  const state =
    value === ""
      ? "missed"
      : chosen && value === line.match?.id
        ? line.confidence >= SURE
          ? "sure"
          : "likely"
        : "mended";
  const words = { missed: "left out", sure: "sure", likely: "likely", mended: "your choice" }[state];
  return (
    <li className={styles.line} data-state={state}>
      <span className={styles.text} dir="auto">
        {entry.text}
      </span>
      <span className={styles.state}>{words}</span>
      {tracks.length > 0 || standIn ? (
        <select
          aria-label={`Match of ${entry.text}`}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {tracks.map((track) => (
            <option key={track.id} value={track.id}>
              {track.track_name} · {track.track_artist} · {plural(track.playlists, "playlist")}
            </option>
          ))}
          {standIn && <option value={standIn.key}>Go by the artist alone: {standIn.artist}</option>}
          <option value="">Leave it out</option>
        </select>
      ) : null}
      {value === "" && line.reason && <span className={styles.reason}>{reasonInWords(line.reason)}</span>}
    </li>
  );
}

/** An unknown song may still be used by its artist. */
function byArtist(entry: Entry): { key: SongKey; artist: string } | null {
  // A number at the beginning is that of the line.
  const parts = entry.text.replace(/^\d+[.)]\s+/, "").split(/\s+[-–—|]\s+/);
  const artist = entry.artist ?? (parts.length === 2 ? parts[0] : undefined);
  const title = entry.title ?? parts[1];
  return artist && title && !entry.text.startsWith("http")
    ? { key: keyOfNames(title, artist), artist }
    : null;
}
