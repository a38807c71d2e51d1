import { useQuery } from "@tanstack/react-query";
import { useCombobox } from "downshift";
import { useEffect, useState } from "react";
import type { Track } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { useServices } from "../../lib/services";
import { useStore } from "../../lib/store";
import { plural } from "../../lib/words";
import styles from "./SearchBox.module.css";

/** A pause this long between two keys is taken for the end of a word. */
const PAUSE = 120;

export function SearchBox({ onPaste }: { onPaste: (text: string) => void }) {
  const { api } = useServices();
  const { playlist, dispatch } = useStore();
  const [text, setText] = useState("");
  const q = useSettled(text.trim(), PAUSE);

  const search = useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) => api.search(q, signal),
    enabled: q !== "",
    staleTime: 60_000,
    // While one types on, the last hits stay; they are not shown for another word.
    placeholderData: (last) => (q === "" ? undefined : last),
  });
  const tracks = (q === "" ? undefined : search.data) ?? [];

  const box = useCombobox<Track>({
    items: tracks,
    inputValue: text,
    selectedItem: null,
    itemToString: (track) => track?.track_name ?? "",
    defaultHighlightedIndex: 0,
    onSelectedItemChange: ({ selectedItem }) => {
      if (!selectedItem) return;
      dispatch(
        { type: "add", to: "seeds", keys: [selectedItem.id] },
        {
          [selectedItem.id]: {
            title: selectedItem.track_name,
            artist: selectedItem.track_artist,
            playlists: selectedItem.playlists,
          },
        },
      );
      setText("");
    },
  });
  const open = box.isOpen && q !== "" && text.trim() !== "";
  const nothing = open && search.isSuccess && !search.isPlaceholderData && tracks.length === 0;

  return (
    <div className={styles.box}>
      <label className="visually-hidden" {...box.getLabelProps()}>
        Search for a song or an artist
      </label>
      <Icon name="search" />
      <input
        {...box.getInputProps({
          placeholder: "A song or an artist",
          type: "search",
          autoComplete: "off",
          spellCheck: false,
          enterKeyHint: "done",
          maxLength: 200,
          // Not downshift's own change event: that one comes too late to keep the caret in its place.
          onChange: (event) => setText(event.currentTarget.value),
          onPaste: (event) => {
            // Several lines are a list; a search box would make one line of them.
            const pasted = event.clipboardData.getData("text/plain");
            if (!/\S\s*[\r\n]+\s*\S/.test(pasted) && !/(spotify:track:|open\.spotify\.com\/)/.test(pasted))
              return;
            event.preventDefault();
            onPaste(pasted);
          },
        })}
      />
      <ul
        {...box.getMenuProps({ "aria-label": "Songs found" })}
        className={styles.menu}
        data-open={(open && tracks.length > 0) || undefined}
      >
        {open &&
          tracks.map((track, index) => {
            const already = playlist.seeds.includes(track.id);
            return (
              <li
                key={track.id}
                {...box.getItemProps({ item: track, index })}
                className={styles.item}
                data-active={box.highlightedIndex === index || undefined}
              >
                <span className={styles.names}>
                  <strong dir="auto">{track.track_name ?? track.id}</strong>
                  <span dir="auto">{track.track_artist}</span>
                </span>
                <span className={styles.often}>
                  {already ? "added" : `in ${plural(track.playlists, "playlist")}`}
                </span>
              </li>
            );
          })}
      </ul>
      <p className={styles.said} role="status">
        {nothing && "Nothing like it is known here. Try the artist, or paste a list."}
        {open && search.isError && "The search does not answer just now."}
        {open && search.fetchStatus === "paused" && "You are offline."}
      </p>
    </div>
  );
}

function useSettled(value: string, milliseconds: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    // An emptied box is empty at once.
    const timer = setTimeout(() => setSettled(value), value === "" ? 0 : milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
