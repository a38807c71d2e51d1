import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { add, assertSoon, ids, note, open, popular, post, rows, search, settled, titles } from "./page.mjs";

let browser;
let songs;
before(async () => {
  browser = await open();
  songs = await popular(8);
});
after(() => browser.close());

test("from three songs to a playlist and a link", async () => {
  let link = "";
  let shown = [];
  await browser.page({}, async (page) => {
    for (const song of songs.slice(0, 3)) await add(page, song);
    await settled(page);
    await assertSoon(async () => (await rows(page).count()) === 20);

    // The list is what the service answers, in its order.
    const answer = await post("/recommendations", {
      songs: songs.slice(0, 3).map(({ id }) => ({ id })),
      tastes: "auto",
      collapse_versions: true,
      count: 20,
      cursor: "",
    });
    assert.deepEqual(
      await ids(page),
      answer.recommendation_nodes.map(({ id }) => id),
    );

    // The parts of a score are there, and make up the score.
    await rows(page).first().getByRole("button", { name: /^Why/ }).click();
    const table = rows(page).first().getByRole("table");
    const parts = await table.locator("tbody td").allTextContents();
    const sum = parts.reduce((total, text) => total + Number(text.replace("−", "-")), 0);
    assert.ok(Math.abs(sum - Number(await table.locator("tfoot td").textContent())) < 0.001 * parts.length);
    await rows(page).first().getByRole("button", { name: /^Why/ }).click();

    await page
      .getByRole("region", { name: "Graph" })
      .getByRole("img", { name: /3 songs of yours and 20 suggestions/ })
      .waitFor();

    const [first, second] = await ids(page);
    await rows(page).first().getByRole("button", { name: /^Ban/ }).click();
    await settled(page);
    assert.ok(!(await ids(page)).includes(first));
    await assertSoon(async () => (await note(page).textContent()).includes("gone"));

    await rows(page).first().getByRole("button", { name: /^Keep/ }).click();
    await settled(page);
    await page.getByRole("list", { name: "Kept songs" }).getByRole("listitem").waitFor();
    assert.ok(!(await ids(page)).includes(second));
    await page.getByRole("button", { name: /^Undo:/ }).click();
    await settled(page);
    await assertSoon(async () => (await ids(page)).includes(second));
    await assertSoon(async () => (await note(page).textContent()).startsWith("Undone: keep"));
    await page.getByRole("button", { name: /^Redo:/ }).click();
    await settled(page);

    await page.getByRole("button", { name: "20 more" }).click();
    await assertSoon(async () => (await rows(page).count()) === 40);
    assert.equal(new Set(await ids(page)).size, 40);

    await page.getByRole("button", { name: "Save playlist" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("44 songs").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "M3U8" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "Playlist.m3u8");
    const lines = (await readFile(await download.path(), "utf8")).split("\n");
    assert.equal(lines.filter((line) => line.startsWith("#EXTINF")).length, 44);
    assert.ok(lines.includes(`#EXTINF:-1,${songs[0].track_artist} - ${songs[0].track_name}`));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    shown = await titles(page);
    link = new URL(page.url()).hash;

    // A reload brings everything back, with its history.
    await page.reload();
    await assertSoon(async () => (await rows(page).count()) === 40);
    assert.deepEqual(await titles(page), shown);
    await page.getByRole("button", { name: "Undo: show 40 songs" }).waitFor();
  });
  await browser.page({ hash: link }, async (page) => {
    await assertSoon(async () => (await rows(page).count()) === 40);
    assert.deepEqual(await titles(page), shown);
    await page.getByRole("list", { name: "Kept songs" }).getByRole("listitem").waitFor();
    // The name of what was kept is not in the link; it is looked up.
    await assertSoon(
      async () => !/spotify:|local:/.test(await page.getByRole("list", { name: "Kept songs" }).textContent()),
    );
  });
});

test("thirty lines, two of them unknown, one mended", async () => {
  const known = await popular(28);
  const lines = known.map((song) => `${song.track_artist} - ${song.track_name}`);
  lines.splice(3, 0, "Zzyzx Qwrtpl - Nnnnnnnn Mmmmmmm");
  lines.splice(17, 0, known[20].track_name);
  await browser.page({}, async (page) => {
    await page.getByRole("button", { name: "Paste a list or open a file" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill(lines.join("\n"));
    await dialog.getByRole("button", { name: "Find these songs" }).click();
    await dialog.getByText("2 lines are left out").waitFor();
    assert.equal(await dialog.getByRole("list", { name: "Lines" }).getByRole("listitem").count(), 30);

    // A title alone is nobody's; the listener says whose it is.
    const choice = dialog.getByRole("combobox", { name: `Match of ${lines[17]}`, exact: true });
    await choice.selectOption({ index: 0 });
    await dialog.getByText("1 line is left out").waitFor();
    await dialog.getByRole("button", { name: /^Add \d+ songs/ }).click();
    await dialog.waitFor({ state: "detached" });
    await settled(page);
    assert.ok((await page.getByRole("button", { name: /^Remove/ }).count()) >= 28);
  });
});

const FILES = {
  "list.m3u8": (songs) =>
    `#EXTM3U\n${songs.map((s) => `#EXTINF:-1,${s.track_artist} - ${s.track_name}\nfile.mp3`).join("\n")}`,
  "list.csv": (songs) =>
    `Track Name,Artist Name(s)\n${songs.map((s) => `"${s.track_name.replaceAll('"', '""')}","${s.track_artist}"`).join("\n")}`,
  "list.jspf": (songs) =>
    JSON.stringify({
      playlist: { track: songs.map((s) => ({ title: s.track_name, creator: s.track_artist })) },
    }),
  "list.xspf": (songs) =>
    `<playlist xmlns="http://xspf.org/ns/0/"><trackList>${songs
      .map(
        (s) =>
          `<track><identifier>${s.id.replaceAll("&", "&amp;")}</identifier><title>${s.track_name.replaceAll("&", "&amp;")}</title><creator>${s.track_artist.replaceAll("&", "&amp;")}</creator></track>`,
      )
      .join("")}</trackList></playlist>`,
  "Playlist1.json": (songs) =>
    JSON.stringify({
      playlists: [
        { name: "Empty", items: [] },
        {
          name: "Mine",
          items: songs.map((s) => ({ track: { trackName: s.track_name, artistName: s.track_artist } })),
        },
      ],
    }),
};
for (const [name, write] of Object.entries(FILES))
  test(`a file: ${name}`, async () => {
    await browser.page({}, async (page) => {
      await page.getByRole("button", { name: "Paste a list or open a file" }).click();
      const dialog = page.getByRole("dialog");
      const content = Buffer.from(write(songs.slice(0, 4)));
      await dialog
        .locator("input[type=file]")
        .setInputFiles({ name, mimeType: "text/plain", buffer: content });
      await dialog.getByRole("button", { name: "Add 4 songs" }).click();
      await settled(page);
      assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 4);
    });
  });

test("a title alone is enough", async () => {
  await browser.page({}, async (page) => {
    const title = page.getByRole("textbox", { name: /Title/ });
    await title.pressSequentially("Sum");
    // Longer than the pause that is taken for the end: the page waits until it is told to go on.
    await page.waitForTimeout(900);
    await page.keyboard.type("mer");
    assert.equal(await title.inputValue(), "Summer");
    await page.keyboard.press("Enter");
    await settled(page);
    assert.equal(await rows(page).count(), 20);
    assert.match(await page.title(), /^Summer/);
  });
});

test("options say what they did, and can be taken back", async () => {
  await browser.page({}, async (page) => {
    await add(page, songs[0]);
    await settled(page);
    await page.getByRole("combobox", { name: "Per artist" }).selectOption("1");
    await assertSoon(async () =>
      (await note(page).textContent()).startsWith("No artist has more than 1 song now."),
    );
    const artists = await rows(page).locator("h3 + p").allTextContents();
    assert.equal(new Set(artists).size, artists.length);

    const before = await ids(page);
    await page.getByRole("slider", { name: "Deep cuts or hits" }).focus();
    await page.keyboard.press("End");
    await assertSoon(async () => (await note(page).textContent()).startsWith("Well-known songs count more."));
    await page.getByRole("button", { name: /^Undo:/ }).click();
    await assertSoon(async () => JSON.stringify(await ids(page)) === JSON.stringify(before));

    const artist = (await rows(page).first().locator("h3 + p").textContent()) ?? "";
    await rows(page).first().getByRole("button", { name: /^Why/ }).click();
    await rows(page)
      .first()
      .getByRole("button", { name: `Ban ${artist}`, exact: true })
      .click();
    await assertSoon(async () =>
      (await note(page).textContent()).includes(`by ${artist}, whom you banned, is gone`),
    );
    await page.getByRole("button", { name: `Allow ${artist} again` }).click();
    await assertSoon(async () => JSON.stringify(await ids(page)) === JSON.stringify(before));
  });
});

test("less like this speaks against, in the bar and in the sum", async () => {
  await browser.page({}, async (page) => {
    await add(page, songs[0]);
    await settled(page);
    const away = (await titles(page))[0];
    await rows(page)
      .first()
      .getByRole("button", { name: /^Less like/ })
      .click();
    await settled(page);
    await rows(page).first().getByRole("button", { name: /^Why/ }).click();
    await rows(page)
      .first()
      .getByRole("rowheader", { name: `Less like ${away}` })
      .waitFor();
    await page.getByRole("button", { name: `Forget less like ${away}` }).click();
    await settled(page);
    assert.equal((await titles(page))[0], away);
  });
});

test("by keyboard alone, from the start to the file", async () => {
  await browser.page({}, async (page) => {
    const tabTo = async (locator) => {
      for (let presses = 0; presses < 200; presses++) {
        if (await locator.evaluate((element) => element === document.activeElement).catch(() => false))
          return;
        await page.keyboard.press("Tab");
      }
      assert.fail("not reached by Tab");
    };
    await tabTo(search(page));
    await page.keyboard.type(songs[1].track_name);
    await page.getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await assertSoon(async () => {
      await page.keyboard.press("Enter");
      return (await rows(page).count()) > 0;
    });
    await settled(page);
    const [first, second] = await ids(page);
    await tabTo(rows(page).first().getByRole("button", { name: /^Keep/ }));
    await page.keyboard.press("Enter");
    // The focus goes to the same button of the row that takes the place.
    await assertSoon(() =>
      page.evaluate((id) => document.activeElement?.closest("[data-id]")?.dataset.id === id, second),
    );
    await page.keyboard.press("Control+z");
    await assertSoon(async () => (await ids(page))[0] === first);
    await page.keyboard.press("Control+Shift+z");
    await settled(page);
    await page.locator("body").evaluate(() => document.activeElement?.blur());
    await tabTo(page.getByRole("button", { name: "Save playlist" }));
    await page.keyboard.press("Enter");
    await tabTo(page.getByRole("button", { name: "XSPF" }));
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assert.match(await readFile(await download.path(), "utf8"), /<trackList>/);
  });
});
