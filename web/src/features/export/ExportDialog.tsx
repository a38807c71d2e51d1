import { useState, type ReactNode } from "react";
import type { Recommendation } from "../../lib/api";
import { Dialog } from "../../lib/Dialog";
import { activeSeeds } from "../../lib/playlist";
import { artistOf, spotifyId, titleOf } from "../../lib/songs";
import { useStore } from "../../lib/store";
import { plural } from "../../lib/words";
import { asText, asUris, fileName, FORMATS, type ExportSong } from "./formats";
import styles from "./ExportDialog.module.css";

interface Props {
  readonly songs: readonly Recommendation[];
  readonly onClose: () => void;
  /** What else can be done with the playlist, such as saving it in an account. */
  readonly children?: ((title: string, songs: readonly ExportSong[]) => ReactNode) | null;
}

export default function ExportDialog({ songs, onClose, children }: Props) {
  const { playlist, names } = useStore();
  const [own, setOwn] = useState(true);
  const [suggested, setSuggested] = useState(true);
  const [said, setSaid] = useState("");

  const keys = [
    ...(own ? activeSeeds(playlist) : []),
    ...playlist.kept,
    ...(suggested ? songs.map((song) => song.id) : []),
  ];
  const title = playlist.title.trim() || "Playlist";
  const list: ExportSong[] = [...new Set(keys)].map((id) => ({
    id: id.startsWith("~") ? "" : id,
    title: titleOf(id, names),
    artist: artistOf(id, names),
    spotify: spotifyId(id),
  }));
  const withId = list.filter((song) => song.id !== "");

  const copy = async (text: string, what: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid(`${what} copied.`);
    } catch {
      setSaid("The browser does not allow copying. Download a file instead.");
    }
  };
  const download = (text: string, type: string, name: string) => {
    const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    setSaid(`${name} is on its way.`);
  };

  return (
    <Dialog title="Save the playlist" onClose={onClose}>
      <fieldset className={styles.what}>
        <legend>{plural(list.length, "song")}</legend>
        <label>
          <input type="checkbox" checked={own} onChange={(event) => setOwn(event.target.checked)} /> the songs
          I began with
        </label>
        <label>
          <input
            type="checkbox"
            checked={suggested}
            onChange={(event) => setSuggested(event.target.checked)}
          />{" "}
          the suggestions
        </label>
        {playlist.kept.length > 0 && <p>What you kept is always in it.</p>}
      </fieldset>
      <section className={styles.group} aria-labelledby="copy">
        <h3 id="copy">Copy</h3>
        <button
          className="button"
          disabled={list.length === 0}
          onClick={() => void copy(asText(list), "The list was")}
        >
          Artist and title
        </button>
        <button
          className="button"
          disabled={withId.length === 0}
          onClick={() => void copy(asUris(withId), "The links were")}
        >
          Spotify links
        </button>
      </section>
      <section className={styles.group} aria-labelledby="download">
        <h3 id="download">Download</h3>
        {FORMATS.map((format) => (
          <button
            key={format.extension}
            className="button"
            disabled={list.length === 0}
            onClick={() =>
              download(format.write(title, list), format.type, fileName(title, format.extension))
            }
          >
            {format.name}
          </button>
        ))}
      </section>
      <p className={styles.hint}>
        Spotify links can be pasted right into a playlist of Spotify&rsquo;s desktop app. Most players open
        M3U8; CSV is for spreadsheets and for pages that move playlists; JSPF and XSPF are for other music
        programs.
      </p>
      {children?.(title, list)}
      <p role="status" className={styles.said}>
        {said}
      </p>
    </Dialog>
  );
}
