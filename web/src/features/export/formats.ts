/** Playlists in the forms that players and services read. */
export interface ExportSong {
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  /** Null for a song that Spotify does not know by its identifier. */
  readonly spotify: string | null;
}

export interface Format {
  readonly name: string;
  readonly extension: string;
  readonly type: string;
  readonly write: (title: string, songs: readonly ExportSong[]) => string;
}

export function asText(songs: readonly ExportSong[]): string {
  return songs.map(({ artist, title }) => (artist ? `${artist} - ${title}` : title)).join("\n");
}

export function asUris(songs: readonly ExportSong[]): string {
  return songs.map((song) => song.id).join("\n");
}

const link = (song: ExportSong) =>
  song.spotify ? `https://open.spotify.com/track/${song.spotify}` : song.id;
const oneLine = (text: string) => text.replace(/[\r\n]+/g, " ").trim();

export const FORMATS: readonly Format[] = [
  {
    name: "M3U8",
    extension: "m3u8",
    type: "audio/x-mpegurl",
    write: (title, songs) =>
      ["#EXTM3U", `#PLAYLIST:${oneLine(title)}`]
        .concat(songs.flatMap((song) => [`#EXTINF:-1,${oneLine(asText([song]))}`, oneLine(link(song))]))
        .join("\n") + "\n",
  },
  {
    name: "CSV",
    extension: "csv",
    type: "text/csv",
    write: (_, songs) =>
      [["Track URI", "Track Name", "Artist Name"], ...songs.map((song) => [song.id, song.title, song.artist])]
        .map((row) => row.map(cell).join(","))
        .join("\r\n") + "\r\n",
  },
  {
    name: "JSPF",
    extension: "jspf",
    type: "application/json",
    write: (title, songs) =>
      JSON.stringify(
        {
          playlist: {
            title,
            track: songs.map((song) => ({
              title: song.title,
              creator: song.artist,
              identifier: [link(song)],
            })),
          },
        },
        null,
        2,
      ) + "\n",
  },
  {
    name: "XSPF",
    extension: "xspf",
    type: "application/xspf+xml",
    write: (title, songs) =>
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<playlist version="1" xmlns="http://xspf.org/ns/0/">',
        `  <title>${xml(title)}</title>`,
        "  <trackList>",
        ...songs.map(
          (song) =>
            `    <track><title>${xml(song.title)}</title><creator>${xml(song.artist)}</creator>` +
            `<identifier>${xml(link(song))}</identifier></track>`,
        ),
        "  </trackList>",
        "</playlist>",
        "",
      ].join("\n"),
  },
];

/** Quotes a cell, and keeps it from being a formula: spreadsheets would evaluate text that begins with these signs. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function xml(text: string): string {
  return (
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      // XML has no way to write these.
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
  );
}

export function fileName(title: string, extension: string): string {
  const safe = title
    .replace(/[\\/:*?"<>|\p{Cc}]/gu, " ")
    .replace(/^\.+/, "")
    .trim()
    .slice(0, 80);
  return `${safe || "playlist"}.${extension}`;
}
