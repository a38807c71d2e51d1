/** Parses lists of songs in the formats that people have. Each becomes entries; the service finds their tracks. */
export interface Entry {
  /** As the listener knows it. */
  readonly text: string;
  readonly uri?: string | undefined;
  readonly title?: string | undefined;
  readonly artist?: string | undefined;
}

export interface ParsedList {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** One list for most files; several for the export of an account. Throws an error in words if it is no list. */
export function parseFile(fileName: string, content: string): ParsedList[] {
  const text = content.replace(/^\uFEFF/, "");
  const name = fileName.replace(/\.[^.]+$/, "");
  const start = text.trimStart();
  if (start.startsWith("{") || start.startsWith("[")) return parseJson(name, text);
  if (start.startsWith("<")) return [parseXspf(name, text)];
  if (/^#EXTM3U|^#EXTINF/m.test(text) || /\.m3u8?$/i.test(fileName)) return [parseM3u(name, text)];
  if (/\.(csv|tsv)$/i.test(fileName)) return [parseCsv(name, text)];
  return [{ name, entries: parseLines(text) }];
}

export function parseLines(text: string): Entry[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((text) => ({ text, ...(isTrackAddress(text) && { uri: text }) }));
}

export function parseM3u(name: string, text: string): ParsedList {
  const entries: Entry[] = [];
  let listName = name;
  let info: string | null = null;
  for (const line of text.split(/\r\n|\r|\n/).map((line) => line.trim())) {
    if (line.startsWith("#EXTINF:")) info = line.slice(line.indexOf(",") + 1).trim();
    else if (line.startsWith("#PLAYLIST:")) listName = line.slice("#PLAYLIST:".length).trim();
    else if (line !== "" && !line.startsWith("#")) {
      const uri = isTrackAddress(line) ? line : undefined;
      const file = line.split(/[\\/]/).at(-1) ?? line;
      entries.push({ text: info || (uri ? line : file.replace(/\.[^.]+$/, "")), uri });
      info = null;
    }
  }
  return { name: listName, entries };
}

export function parseXspf(name: string, text: string): ParsedList {
  const xml = new DOMParser().parseFromString(text, "application/xml");
  if (xml.querySelector("parsererror")) throw new Error("This XML file is damaged.");
  const tracks = [...xml.getElementsByTagName("track")];
  const child = (node: Element, tag: string) =>
    [...node.children].find((element) => element.localName === tag)?.textContent?.trim() || undefined;
  return {
    name: (xml.documentElement && child(xml.documentElement, "title")) ?? name,
    entries: named(
      tracks.map((track) => ({
        title: child(track, "title"),
        artist: child(track, "creator"),
        uri: [child(track, "identifier"), child(track, "location")].find(
          (text) => text && isTrackAddress(text),
        ),
      })),
    ),
  };
}

export function parseCsv(name: string, text: string): ParsedList {
  const firstLine = text.slice(0, text.search(/\r|\n|$/));
  const delimiter =
    [",", ";", "\t"].sort((one, other) => firstLine.split(other).length - firstLine.split(one).length)[0] ??
    ",";
  const [head = [], ...rows] = csvRows(text, delimiter);
  const column = (...names: RegExp[]) => {
    for (const name of names) {
      const index = head.findIndex((cell) => name.test(cell.trim()));
      if (index >= 0) return index;
    }
    return -1;
  };
  const title = column(/^track ?name/i, /^track_name/i, /^(title|name|song|track)$/i, /title|song/i);
  const artist = column(/^artist ?name/i, /^track_artist/i, /^(artist|artists|creator)$/i, /artist/i);
  const uri = column(/^(track|spotify)[ _]?(uri|id|url)/i, /^(uri|id|url|link)$/i, /uri/i);
  if (title < 0 && uri < 0) {
    // Without headings, the first two columns are taken as artist and title, as in a pasted line.
    return { name, entries: [head, ...rows].map((cells) => ({ text: cells.slice(0, 2).join(" - ") })) };
  }
  const cell = (row: string[], index: number) => (index < 0 ? undefined : row[index]?.trim() || undefined);
  return {
    name,
    entries: named(
      rows.map((row) => ({
        title: cell(row, title),
        // Exports name several artists; the service looks for the first.
        artist: cell(row, artist)?.split(";")[0]?.trim(),
        uri: cell(row, uri),
      })),
    ),
  };
}

function csvRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    cell = "";
    if (row.some((one) => one.trim() !== "")) rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
    } else if (sign === delimiter) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n" || sign === "\r") endRow();
    else cell += sign;
  }
  endRow();
  return rows;
}

type Json = Record<string, unknown>;

/** JSPF, or the files of a Spotify data export: playlists, library, listening history. */
function parseJson(name: string, text: string): ParsedList[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("This JSON file is damaged.");
  }
  const root = isObject(json) ? json : {};
  if (isObject(root.playlist)) {
    const { title, track } = root.playlist;
    return [{ name: string(title) ?? name, entries: named(objects(track).map(fromJson)) }];
  }
  if (Array.isArray(root.playlists))
    return objects(root.playlists).map((playlist) => ({
      name: string(playlist.name) ?? name,
      entries: named(
        objects(playlist.items).map((item) => fromJson(isObject(item.track) ? item.track : item)),
      ),
    }));
  if (Array.isArray(root.tracks)) return [{ name, entries: named(objects(root.tracks).map(fromJson)) }];
  if (Array.isArray(json)) return [{ name, entries: named(objects(json).map(fromJson)) }];
  throw new Error("This JSON file holds no songs that this page can find.");
}

function fromJson(item: Json): Omit<Entry, "text"> {
  const first = (...names: string[]) =>
    names.map((name) => string(item[name])).find((text) => text !== undefined);
  const addresses = [item.identifier, item.location, item.trackUri, item.spotify_track_uri, item.uri]
    .flat()
    .map(string);
  return {
    title: first("title", "trackName", "track", "master_metadata_track_name", "name"),
    artist: first("creator", "artistName", "artist", "master_metadata_album_artist_name"),
    uri: addresses.find((text) => text !== undefined && isTrackAddress(text)),
  };
}

/** Entries with a text to show; those without any information, and repeated ones, are left out. */
function named(entries: readonly Omit<Entry, "text">[]): Entry[] {
  const seen = new Set<string>();
  const out: Entry[] = [];
  for (const entry of entries) {
    const text =
      entry.artist && entry.title ? `${entry.artist} - ${entry.title}` : (entry.title ?? entry.uri);
    if (text === undefined || seen.has(entry.uri ?? text)) continue;
    seen.add(entry.uri ?? text);
    out.push({ ...entry, text });
  }
  return out;
}

export function isTrackAddress(text: string): boolean {
  return /^spotify:track:|^https?:\/\/open\.spotify\.com\/([\w-]+\/)?track\//.test(text.trim());
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function string(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
