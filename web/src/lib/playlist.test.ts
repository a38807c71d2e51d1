import { describe, expect, test } from "vitest";
import { activeSeeds, change, EMPTY, isEmpty, LIMITS, type Action, type Playlist } from "./playlist";

const after = (...actions: Action[]) => actions.reduce(change, EMPTY);
const add = (to: "seeds" | "kept" | "less" | "banned", ...keys: string[]): Action => ({
  type: "add",
  to,
  keys,
});

describe("a playlist", () => {
  test("holds a song in one list only", () => {
    const playlist = after(add("seeds", "a", "b"), add("kept", "c"), add("banned", "a"), add("less", "c"));
    expect(playlist).toMatchObject({ seeds: ["b"], kept: [], less: ["c"], banned: ["a"] });
  });

  test("takes no song twice, and says by being the same that nothing changed", () => {
    const playlist = after(add("seeds", "a", "a"));
    expect(playlist.seeds).toEqual(["a"]);
    expect(change(playlist, add("seeds", "a"))).toBe(playlist);
    expect(change(playlist, { type: "remove", from: "kept", key: "a" })).toBe(playlist);
  });

  test("takes no more songs than the service does", () => {
    const many = Array.from({ length: LIMITS.less + 1 }, (_, index) => `t${index}`);
    expect(after(add("less", ...many)).less).toHaveLength(LIMITS.less);
  });

  test("mutes seeds without losing them", () => {
    const muted = after(add("seeds", "a", "b", "c"), { type: "mute", keys: ["a", "b"] });
    expect(activeSeeds(muted)).toEqual(["c"]);
    expect(activeSeeds(change(muted, { type: "unmute", group: 0 }))).toEqual(["a", "b", "c"]);
    expect(change(muted, { type: "remove", from: "seeds", key: "a" }).muted).toEqual([["b"]]);
  });

  test("bans an artist once and allows it again", () => {
    const banned = after({ type: "ban artist", artist: "X" }, { type: "ban artist", artist: "X" });
    expect(banned.bannedArtists).toEqual(["X"]);
    expect(change(banned, { type: "allow artist", artist: "X" }).bannedArtists).toEqual([]);
  });

  test("begins anew with the options as they were", () => {
    const playlist = after(add("seeds", "a"), { type: "option", change: { count: 50 } }, { type: "clear" });
    expect(playlist).toEqual({ ...EMPTY, options: { ...EMPTY.options, count: 50 } });
  });

  test("is empty without seeds that count and without a title", () => {
    const blank: Playlist = { ...EMPTY, title: "  " };
    expect(isEmpty(blank)).toBe(true);
    expect(isEmpty({ ...EMPTY, title: "Summer" })).toBe(false);
    expect(isEmpty(after(add("seeds", "a"), { type: "mute", keys: ["a"] }))).toBe(true);
  });
});
