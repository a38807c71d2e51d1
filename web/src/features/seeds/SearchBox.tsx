import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { Track } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { useApi } from "../../lib/useApi";
import { useStore } from "../../lib/store";
import { plural } from "../../lib/words";
import styles from "./SearchBox.module.css";

/** A search begins after a pause in typing of this many milliseconds. */
const PAUSE = 120;

/**
 * A combobox as the ARIA Authoring Practices describe it: the focus stays in the field, the arrows move through what was
 * found, Enter takes it, Escape closes the list and then empties the field. The best hit is preselected.
 */
export function SearchBox({ onPaste }: { onPaste: (text: string) => void }) {
  const { playlist, dispatch } = useStore();
  const [text, setText] = useState("");
  const [closed, setClosed] = useState(true);
  const [active, setActive] = useState(0);
  const listRef = useRef<HTMLDivElement>(null);
  const id = useId();
  const { q, search, tracks } = useSearch(text.trim());

  const open = !closed && q !== "" && text.trim() !== "" && tracks.length > 0;
  const activeTrack = open ? tracks[active] : undefined;
  useEffect(() => {
    listRef.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active, open]);

  const add = (track: Track) => {
    dispatch(
      { type: "add", to: "seeds", keys: [track.id] },
      { [track.id]: { title: track.track_name, artist: track.track_artist, playlists: track.playlists } },
    );
    setText("");
    setClosed(true);
  };
  const press = (event: KeyboardEvent) => {
    // An input method takes its own Enter and arrows.
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && tracks.length > 0) {
      event.preventDefault();
      if (open) setActive((active + step + tracks.length) % tracks.length);
      else setClosed(false);
    } else if (event.key === "Enter" && activeTrack && q === text.trim() && !search.isPlaceholderData) {
      event.preventDefault();
      add(activeTrack);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (open) setClosed(true);
      else setText("");
    }
  };

  const said = !closed && q !== "" ? sentence(search, tracks) : "";
  return (
    <div className={styles.box}>
      <label className="visually-hidden" htmlFor={`${id}-field`}>
        Search for a song or an artist
      </label>
      <Icon name="search" />
      <input
        id={`${id}-field`}
        type="search"
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={activeTrack ? `${id}-${active}` : undefined}
        placeholder="A song or an artist"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        dir="auto"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setClosed(false);
        }}
        onKeyDown={press}
        onBlur={() => setClosed(true)}
        onPaste={(event) => {
          // Several lines are a list; a search box would make one line of them.
          const pasted = event.clipboardData.getData("text/plain");
          if (!/\S\s*[\r\n]+\s*\S/.test(pasted) && !/spotify:track:|open\.spotify\.com\//.test(pasted))
            return;
          event.preventDefault();
          onPaste(pasted);
        }}
      />
      <div
        id={`${id}-list`}
        ref={listRef}
        role="listbox"
        aria-label="Songs found"
        className={styles.menu}
        data-open={open || undefined}
      >
        {open &&
          tracks.map((track, index) => (
            // The field has the focus and the keys; the pointer is one more way.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={track.id}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              className={styles.item}
              onPointerMove={() => setActive(index)}
              // The field keeps the focus, so that the next song can be typed at once.
              onPointerDown={(event) => event.preventDefault()}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => add(track)}
            >
              <span className={styles.names}>
                <strong dir="auto">{track.track_name ?? track.id}</strong>
                <span dir="auto">{track.track_artist}</span>
              </span>
              <span className={styles.often}>
                {playlist.seeds.includes(track.id) ? "added" : `in ${plural(track.playlists, "playlist")}`}
              </span>
            </div>
          ))}
      </div>
      <p className={styles.said} role="status" data-quiet={tracks.length > 0 || undefined}>
        {said}
      </p>
    </div>
  );
}

function useSearch(text: string) {
  const api = useApi();
  const q = useSettled(text, PAUSE);
  const search = useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) => api.search(q, signal),
    enabled: q !== "",
    staleTime: 60_000,
    // The last hits stay during further typing, so that the list does not flicker.
    placeholderData: (last) => (q === "" ? undefined : last),
  });
  return { q, search, tracks: (q === "" ? undefined : search.data) ?? [] };
}

function sentence(search: ReturnType<typeof useSearch>["search"], tracks: readonly Track[]): string {
  if (search.fetchStatus === "paused") return "You are offline.";
  if (search.isError || search.failureCount > 0) return "The search does not answer right now.";
  if (!search.isSuccess || search.isPlaceholderData) return "";
  if (tracks.length === 0) return "Nothing similar is known here. Try the artist, or paste a list.";
  return `${plural(tracks.length, "song")} found.`;
}

function useSettled(value: string, milliseconds: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    // An emptied field takes effect at once.
    const timer = setTimeout(() => setSettled(value), value === "" ? 0 : milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
