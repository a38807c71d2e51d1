import { expect, test } from "vitest";
import { ServiceError } from "./api";
import {
  chanceInWords,
  isGuess,
  noticeInWords,
  reasonInWords,
  refusalInWords,
  waitingInWords,
} from "./inWords";
import { EMPTY } from "./playlist";

const refused = (pointer: string) =>
  refusalInWords(
    new ServiceError(400, `${pointer}: Value error, no`, null, "about:blank", pointer),
    { ...EMPTY, seeds: ["a", "b", "c"], muted: [["a"]], less: ["d"], bannedArtists: ["E"] },
    { c: { title: "Creep", artist: null } },
  );

test("a refusal names the song that it is about, past those that are muted", () => {
  expect(refused("/songs/1/id")).toBe("“Creep” cannot be used. Remove it.");
  expect(refused("/songs/9/id")).toBe("One of the songs cannot be used. Remove it.");
  expect(refused("/exclude/artists/0")).toBe("“E” cannot be banned.");
  expect(refused("/max_per_artist")).toContain("Shape it");
});

test("what is not known is passed on as it is", () => {
  expect(refused("")).toBe(": Value error, no");
  expect(reasonInWords("Something new.")).toBe("Something new.");
  expect(reasonInWords("Nothing like it is in the index.")).not.toContain("index");
});

test("songs are counted over all pages of an answer", () => {
  const notice = {
    code: "fewer_than_asked" as const,
    detail: "200 of 400 tracks: this is the last page.",
    count: 200,
  };
  expect(noticeInWords(notice, 300, 500)).toBe(
    "There are no more songs that fit: 300 of the 500 you asked for.",
  );
});

test("408 has words of its own", () => {
  expect(waitingInWords(408)).toContain("connection is slow");
  expect(waitingInWords(0)).toContain("cannot be reached");
});

test("a chance is told by a hundred playlists, and what is not known is not told", () => {
  expect(chanceInWords(0.1249)).toBe("Of 100 playlists with your songs, about 12 would have it too.");
  expect(chanceInWords(0.004)).toBe("Of 100 playlists with your songs, hardly one would have it too.");
  expect(chanceInWords(null)).toBeNull();
  expect(chanceInWords(undefined)).toBeNull();
});

test("an answer is a guess if it is unlikely, not if nothing is known of its chance", () => {
  expect([0.01, 0.05, null, undefined].map(isGuess)).toEqual([true, false, false, false]);
});
