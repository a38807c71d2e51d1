import { expect, test } from "vitest";
import { EMPTY } from "./playlist";
import { toRequest } from "./request";
import { keyOfNames } from "./songs";

test("nothing is asked of an empty playlist", () => {
  expect(toRequest(EMPTY)).toBeNull();
});

test("what is as always is left out", () => {
  expect(toRequest({ ...EMPTY, seeds: ["a"] })).toEqual({
    songs: [{ id: "a" }],
    collapse_versions: true,
    evidence: true,
    chance: true,
  });
});

test("a title alone is enough", () => {
  expect(toRequest({ ...EMPTY, title: " Summer " })).toEqual({
    title: "Summer",
    collapse_versions: true,
    evidence: true,
    chance: true,
  });
});

test("everything that was said is asked for", () => {
  const request = toRequest({
    title: "T",
    seeds: ["a", "b", keyOfNames("Song", "Artist")],
    muted: [["b"]],
    kept: ["k"],
    less: ["l"],
    banned: ["x"],
    bannedArtists: ["Y"],
    options: { count: 7, popularity: 0.4, diversity: 0.2, perArtist: 3, collapse: false, tastes: true },
  });
  expect(request).toEqual({
    title: "T",
    songs: [{ id: "a" }, { name: "Song", artist: "Artist" }],
    negative: [{ id: "l" }],
    exclude: { tracks: ["k", "x", "b"], artists: ["Y"] },
    tastes: "auto",
    popularity: 0.4,
    diversity: 0.2,
    max_per_artist: 3,
    evidence: true,
    chance: true,
  });
});
