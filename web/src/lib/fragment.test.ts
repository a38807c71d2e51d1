import { describe, expect, test } from "vitest";
import { fromFragment, toFragment } from "./fragment";
import { EMPTY, type Playlist } from "./playlist";
import { keyOfNames } from "./songs";

const ONE = "spotify:track:0VjIjW4GlUZAMYd2vXMi3b";
const TWO = "spotify:track:2Foc5Q5nqNiosCNqttzHof";

const FULL: Playlist = {
  title: "Été 🌴 & “~more~” (x).",
  seeds: [ONE, "local:file,1;=&#", keyOfNames("Ein Lied, zwei", "أغنية")],
  muted: [[ONE]],
  kept: [TWO],
  less: ["local:2"],
  banned: ["local:3"],
  bannedArtists: ["A, B", "C;D"],
  options: { count: 50, popularity: -0.5, diversity: 0.3, perArtist: 2, collapse: false, tastes: false },
};

describe("the link", () => {
  test("brings everything back", () => {
    expect(fromFragment(`#${toFragment(FULL)}`)).toEqual({ kind: "playlist", playlist: FULL });
  });

  test("is nothing for nothing, and short for a few songs", () => {
    expect(toFragment(EMPTY)).toBe("");
    expect(fromFragment("")).toEqual({ kind: "none" });
    expect(toFragment({ ...EMPTY, seeds: [ONE, TWO] })).toBe(
      "v=1&s=0VjIjW4GlUZAMYd2vXMi3b,2Foc5Q5nqNiosCNqttzHof",
    );
  });

  test("is written with signs that every program takes for part of a link", () => {
    expect(toFragment(FULL)).toMatch(/^[\w=&,;%.-]+$/);
  });

  test("cuts no emoji of a title in two, which nothing could send", () => {
    const long = fromFragment(`#v=1&t=${"a".repeat(199)}${encodeURIComponent("🌴")}`);
    if (long.kind !== "playlist") throw new Error(long.kind);
    expect(long.playlist.title).toBe("a".repeat(199));
    expect(toFragment(long.playlist)).toContain("t=aaa");
  });

  test.each([
    ["another version", "v=2&s=x", /another version/],
    ["no version", "hello", /no playlist/],
    ["an identifier that is cut off", "v=1&s=0VjIjW4GlUZAMYd2vXMi3", /damaged/],
    ["a percent sign alone", "v=1&t=%E0%A4%A", /damaged/],
    ["a number that is none", "v=1&t=x&n=many", /damaged/],
  ])("says of %s what is wrong", (_, fragment, why) => {
    expect(fromFragment(fragment)).toEqual({ kind: "broken", why: expect.stringMatching(why) as string });
  });

  test("from a stranger fills the page within bounds", () => {
    const opened = fromFragment("v=1&t=x&n=100000&p=9&d=-4&x=0&s==a,=a&k==a&m==zzz");
    expect(opened).toMatchObject({
      kind: "playlist",
      playlist: {
        seeds: ["a"],
        kept: [],
        muted: [],
        options: { count: 500, popularity: 1, diversity: 0, perArtist: 1 },
      },
    });
  });
});
