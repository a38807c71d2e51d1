import { describe, expect, test } from "vitest";
import { parseFile, parseLines } from "./parse";

const texts = (fileName: string, content: string) =>
  parseFile(fileName, content).flatMap((list) => list.entries.map((entry) => entry.text));
const URI = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b";

test("pasted lines are one song each; addresses are taken as such", () => {
  expect(parseLines("A - B\r\n\n  C  \n" + URI + "\nhttps://open.spotify.com/intl-de/track/x?si=1")).toEqual([
    { text: "A - B" },
    { text: "C" },
    { text: URI, uri: URI },
    {
      text: "https://open.spotify.com/intl-de/track/x?si=1",
      uri: "https://open.spotify.com/intl-de/track/x?si=1",
    },
  ]);
});

describe("files", () => {
  test("M3U with and without names", () => {
    const m3u = `\uFEFF#EXTM3U\n#PLAYLIST:Mine\n#EXTINF:12,A - B\nC:\\music\\b.mp3\nmusic/D - E.flac\n${URI}\n`;
    expect(parseFile("x.m3u8", m3u)[0]?.name).toBe("Mine");
    expect(texts("x.m3u8", m3u)).toEqual(["A - B", "D - E", URI]);
  });

  test("CSV as Exportify writes it", () => {
    const csv = `"Track URI","Track Name","Album Name","Artist Name(s)"\n"${URI}","Song, the ""first""","Al","One;Two"\n`;
    expect(parseFile("x.csv", csv)[0]?.entries).toEqual([
      { text: 'One - Song, the "first"', title: 'Song, the "first"', artist: "One", uri: URI },
    ]);
  });

  test("CSV with semicolons, and without names of columns", () => {
    expect(texts("x.csv", "Artist;Title\nA;B\n")).toEqual(["A - B"]);
    expect(texts("x.csv", "Daft Punk,Get Lucky\nAbba,Waterloo")).toEqual([
      "Daft Punk - Get Lucky",
      "Abba - Waterloo",
    ]);
  });

  test("JSPF and XSPF", () => {
    const jspf = JSON.stringify({
      playlist: { title: "J", track: [{ title: "B", creator: "A", identifier: [URI] }] },
    });
    expect(parseFile("x.jspf", jspf)).toEqual([
      { name: "J", entries: [{ text: "A - B", title: "B", artist: "A", uri: URI }] },
    ]);
    const xspf = `<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><title>X</title><trackList><track><title>B &amp; C</title><creator>A</creator></track></trackList></playlist>`;
    expect(parseFile("x.xspf", xspf)).toEqual([
      { name: "X", entries: [{ text: "A - B & C", title: "B & C", artist: "A" }] },
    ]);
  });

  test("what Spotify exports: playlists, library, what was listened to", () => {
    const playlists = {
      playlists: [
        {
          name: "P",
          items: [{ track: { trackName: "B", artistName: "A", trackUri: URI } }, { episode: {} }],
        },
        { name: "Q", items: [{ track: { trackName: "D", artistName: "C" } }] },
      ],
    };
    expect(parseFile("Playlist1.json", JSON.stringify(playlists)).map((list) => list.name)).toEqual([
      "P",
      "Q",
    ]);
    expect(texts("Playlist1.json", JSON.stringify(playlists))).toEqual(["A - B", "C - D"]);
    expect(
      texts("YourLibrary.json", JSON.stringify({ tracks: [{ artist: "A", track: "B", uri: URI }] })),
    ).toEqual(["A - B"]);
    const heard = [
      { artistName: "A", trackName: "B" },
      { artistName: "A", trackName: "B" },
    ];
    expect(texts("StreamingHistory0.json", JSON.stringify(heard))).toEqual(["A - B"]);
  });

  test("what is no list of songs is refused in words", () => {
    expect(() => parseFile("x.json", "{broken")).toThrow(/damaged/);
    expect(() => parseFile("x.json", "{}")).toThrow(/no songs/);
    expect(() => parseFile("x.xspf", "<a><b></a>")).toThrow(/damaged/);
  });
});
