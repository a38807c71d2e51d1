import { expect, test } from "vitest";
import { parseFile } from "../features/seeds/parse";
import { asText, fileName, FORMATS, type ExportSong } from "../features/export/formats";

const SONGS: ExportSong[] = [
  {
    id: "spotify:track:0VjIjW4GlUZAMYd2vXMi3b",
    title: 'A "quoted", <b>&amp;',
    artist: "Ünïcode 🎵",
    spotify: "0VjIjW4GlUZAMYd2vXMi3b",
  },
  { id: "local:1", title: "=SUM(A1)", artist: "أغنية\nnew line", spotify: null },
];

test.each(FORMATS)("$name can be read back", ({ write, extension }) => {
  const [list] = parseFile(`x.${extension}`, write("My <list> & more", SONGS));
  expect(list?.entries).toHaveLength(2);
  expect(list?.entries[0]).toMatchObject({ text: 'Ünïcode 🎵 - A "quoted", <b>&amp;' });
  if (extension !== "csv") expect(list?.name).toBe("My <list> & more");
});

test("a table program computes nothing of it", () => {
  const csv = FORMATS.find((format) => format.extension === "csv")?.write("", SONGS);
  expect(csv).toContain(`"'=SUM(A1)"`);
});

test("text is a line a song", () => {
  expect(asText(SONGS.slice(0, 1))).toBe('Ünïcode 🎵 - A "quoted", <b>&amp;');
});

test("the name of a file is one that every system takes", () => {
  expect(fileName("../a:b*c?", "csv")).toBe("a b c.csv");
  expect(fileName("", "csv")).toBe("playlist.csv");
});
