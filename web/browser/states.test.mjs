import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { proxy } from "./proxy.mjs";
import { add, assertSoon, ids, open, popular, rows, search, settled, titles, violations } from "./page.mjs";

let browser;
let songs;
before(async () => {
  browser = await open();
  songs = await popular(8);
});
after(() => browser.close());

const RECOMMENDATIONS = "**/recommendations";
const FAILED = [/Failed to load resource/];
const problem = (status, detail, headers = {}) => ({
  status,
  headers: { "Content-Type": "application/problem+json", ...headers },
  body: JSON.stringify({ type: "about:blank", title: "No", status, detail, errors: [], errors_left_out: 0 }),
});
const link = (count = 1) =>
  `#v=1&s==${songs
    .slice(0, count)
    .map(({ id }) => encodeURIComponent(id))
    .join(",=")}`;

test("an outdated answer never stands in the place of a newer one", async () => {
  await browser.page({ hash: link() }, async (page) => {
    await settled(page);
    let waiting = 0;
    await page.route(RECOMMENDATIONS, async (route) => {
      // The first of two comes long after the second.
      const slow = waiting++ === 0;
      const response = await route.fetch().catch(() => null);
      if (slow) await new Promise((resume) => setTimeout(resume, 1500));
      if (response) await route.fulfill({ response }).catch(() => {});
    });
    await page.getByRole("combobox", { name: "Songs", exact: true }).selectOption("5");
    await page.getByRole("combobox", { name: "Per artist" }).selectOption("1");
    await page.getByRole("combobox", { name: "Songs", exact: true }).selectOption("10");
    await assertSoon(async () => (await rows(page).count()) === 10);
    await page.waitForTimeout(2000);
    assert.equal(await rows(page).count(), 10);
  });
});

test("a song less is another question, though it is a part of the one before", async () => {
  let alone;
  await browser.page({ hash: link(1) }, async (page) => {
    await settled(page);
    alone = await ids(page);
  });
  await browser.page({ hash: link(2) }, async (page) => {
    await settled(page);
    await page.getByRole("button", { name: `Remove “${songs[1].track_name}”` }).click();
    await settled(page);
    assert.deepEqual(await ids(page), alone);
  });
});

test("503 is waited for, counted down, and passes", async () => {
  let refused = 2;
  const before = (page) =>
    page.route(RECOMMENDATIONS, (route) =>
      route.request().postData()?.includes("algorhythms:example") || refused-- <= 0
        ? route.continue()
        : route.fulfill(
            problem(503, "No release can be served", {
              "Retry-After": "2",
              "Access-Control-Expose-Headers": "Retry-After",
            }),
          ),
    );
  await browser.page({ hash: link(), before, complaints: FAILED }, async (page) => {
    await page.getByText(/Retrying in [12]\ss\./).waitFor();
    assert.deepEqual(await violations(page), []);
    await settled(page);
    assert.equal(await page.getByText(/Retrying in/).count(), 0);
  });
});

for (const [status, words] of [
  [400, "does not understand"],
  [413, "more than the service accepts"],
])
  test(`${status} is said in words, and can be undone`, async () => {
    await browser.page({ hash: link(), complaints: FAILED }, async (page) => {
      await settled(page);
      await page.route(RECOMMENDATIONS, (route) => route.fulfill(problem(status, "because of this")));
      await add(page, songs[1]);
      const alert = page.getByRole("alert");
      await alert.getByText(words).waitFor();
      await alert.getByText("because of this").waitFor();
      // What was there is still there.
      assert.ok((await rows(page).count()) >= 19);
      assert.deepEqual(await violations(page), []);
      await page.unroute(RECOMMENDATIONS);
      await alert.getByRole("button", { name: "Undo the last step" }).click();
      await settled(page);
      assert.equal(await alert.count(), 0);
    });
  });

test("the service goes away in the middle and comes back", async () => {
  await browser.page({ hash: link(), complaints: FAILED }, async (page) => {
    await settled(page);
    const before = await titles(page);
    await page.route(RECOMMENDATIONS, (route) => route.abort());
    await add(page, songs[1]);
    await page.getByText("The service cannot be reached right now.").waitFor();
    // The list that was there is still there.
    assert.equal((await titles(page)).length, before.length - Number(before.includes(songs[1].track_name)));
    await page.unroute(RECOMMENDATIONS);
    await page.getByRole("button", { name: "Try now" }).click();
    await settled(page);
    assert.equal(await page.getByText("cannot be reached").count(), 0);
  });
});

test("the endpoint is killed in the middle and started again", async () => {
  const endpoint = await proxy();
  try {
    await browser.page({ hash: link(), address: endpoint.address, complaints: FAILED }, async (page) => {
      await settled(page);
      const before = await ids(page);
      await endpoint.kill();
      const banned = before[0];
      await rows(page).first().getByRole("button", { name: /^Ban/ }).click();
      await page.getByText("The service cannot be reached right now.").waitFor();
      // What is left of the list can be worked with meanwhile.
      assert.deepEqual(await ids(page), before.slice(1));
      await rows(page).first().getByRole("button", { name: /^Keep/ }).click();
      await page.getByRole("list", { name: "Kept songs" }).waitFor();
      await endpoint.start();
      // It retries without anybody's doing.
      await settled(page);
      assert.equal(await page.getByText("cannot be reached").count(), 0);
      assert.equal(await rows(page).count(), before.length);
      assert.ok(!(await ids(page)).includes(banned));
    });
  } finally {
    await endpoint.kill();
  }
});

test("408 is said in its own words, and passes", async () => {
  let refused = 1;
  await browser.page({ hash: link(), complaints: FAILED }, async (page) => {
    await settled(page);
    await page.route(RECOMMENDATIONS, (route) =>
      refused-- <= 0 ? route.continue() : route.fulfill(problem(408, "The body does not come.")),
    );
    await page.getByRole("combobox", { name: "Per artist" }).selectOption("2");
    await page.getByText("Your connection is slow").waitFor();
    await settled(page);
  });
});

test("a refused song is called by its name", async () => {
  await browser.page({ hash: link(2), complaints: FAILED }, async (page) => {
    await settled(page);
    const body = JSON.parse(problem(400, "/songs/1/id: Value error, no").body);
    body.errors = [{ pointer: "/songs/1/id", detail: "Value error, no" }];
    await page.route(RECOMMENDATIONS, (route) =>
      route.fulfill({ ...problem(400, ""), body: JSON.stringify(body) }),
    );
    await page.getByRole("combobox", { name: "Per artist" }).selectOption("2");
    await page.getByRole("alert").getByText(`“${songs[1].track_name}” cannot be used.`).waitFor();
    assert.equal(await page.getByText("Value error").count(), 0);
  });
});

test("a service that is away from the start is said to be so", async () => {
  const before = (page) => page.route(RECOMMENDATIONS, (route) => route.abort());
  await browser.page({ before, complaints: FAILED }, async (page) => {
    await page.getByText("The service cannot be reached right now.").waitFor();
    await page.unroute(RECOMMENDATIONS);
    await page
      .getByRole("list", { name: /begin with/ })
      .getByRole("button")
      .first()
      .waitFor();
  });
});

test("offline is said, and goes on by itself", async () => {
  await browser.page({ hash: link(), complaints: FAILED }, async (page) => {
    await settled(page);
    await page.context().setOffline(true);
    await page.getByRole("combobox", { name: "Per artist" }).selectOption("1");
    await page.getByText("You are offline. Your playlist is safe").waitFor();
    await page.context().setOffline(false);
    await settled(page);
    assert.equal(await page.getByText("You are offline.").count(), 0);
  });
});

test("slow is said", async () => {
  const before = (page) =>
    page.route(RECOMMENDATIONS, async (route) => {
      await new Promise((resume) => setTimeout(resume, 4000));
      await route.continue();
    });
  await browser.page({ hash: link(), before }, async (page) => {
    await page.getByText("This is taking longer than usual.").waitFor();
    await settled(page);
  });
});

test("a new release while one works is a quiet note", async () => {
  await browser.page({ hash: link() }, async (page) => {
    await settled(page);
    await page.route(RECOMMENDATIONS, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), model_version: "another" } });
    });
    await page.getByRole("combobox", { name: "Per artist" }).selectOption("2");
    await page.getByText("The music data was updated").waitFor();
    await page.getByRole("button", { name: "All right" }).click();
    assert.equal(await page.getByText("The music data was updated").count(), 0);
    // What the old release answered is not shown again: the step back is asked anew.
    const asked = page.waitForRequest(RECOMMENDATIONS);
    await page.getByRole("button", { name: /^Undo:/ }).click();
    await asked;
    await settled(page);
  });
});

test("a broken link and one of another version say so", async () => {
  await browser.page({ hash: "#v=1&s=cutoff" }, async (page) => {
    await page.getByText("This link is damaged.").waitFor();
    await page.getByRole("button", { name: "Go on without it" }).click();
    assert.equal(await page.getByRole("alert").count(), 0);
  });
  await browser.page({ hash: "#v=99&z" }, async (page) => {
    await page.getByText("another version of this page").waitFor();
    await add(page, songs[0]);
    await settled(page);
    // The notice still stands; what is in the address bar is the playlist all the same.
    await page.getByRole("alert").waitFor();
    assert.match(new URL(page.url()).hash, /^#v=1&s=/);
  });
});

test("a song that nobody knows leads to popular ones, and says so", async () => {
  await browser.page({ hash: "#v=1&s==never%3Aheard" }, async (page) => {
    await settled(page);
    await page.locator("[data-code=popular_tracks]").waitFor();
    await page.getByText("unknown here, left out").waitFor();
  });
});

test("names are text, whatever they hold", async () => {
  const names = [
    '<img src=x onerror="window.hacked=1">',
    "اسم أغنية طويل جدا".repeat(4),
    "👩‍👩‍👧‍👦🎶 👍🏽",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen".repeat(2),
    "夜に駆ける",
  ];
  const before = (page) =>
    page.route(RECOMMENDATIONS, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      json.recommendation_nodes.forEach((node, index) => {
        node.track_name = names[index % names.length];
        node.track_artist = names[(index + 2) % names.length];
      });
      await route.fulfill({ response, json });
    });
  for (const width of [320, 1440])
    await browser.page({ hash: link(), before, viewport: { width, height: 800 } }, async (page) => {
      await settled(page);
      assert.deepEqual((await titles(page)).slice(0, 5), names);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    });
});

for (const colorScheme of ["light", "dark"])
  for (const width of [320, 768, 1440])
    test(`axe finds nothing: ${colorScheme}, ${width} px`, async () => {
      await browser.page({ colorScheme, viewport: { width, height: 900 } }, async (page) => {
        await page
          .getByRole("list", { name: /begin with/ })
          .getByRole("button")
          .first()
          .waitFor();
        assert.deepEqual(await violations(page), []);
        await search(page).fill(songs[0].track_artist);
        await page.getByRole("option").first().waitFor();
        assert.deepEqual(await violations(page), []);
        await add(page, songs[0]);
        await add(page, songs[1]);
        await settled(page);
        await rows(page).first().getByRole("button", { name: /^Why/ }).click();
        await rows(page).nth(1).getByRole("button", { name: /^Keep/ }).click();
        await settled(page);
        assert.deepEqual(await violations(page), []);
        for (const view of ["Graph", "Songs", "Shape"]) {
          const button = page.getByRole("group", { name: "View" }).getByRole("button", { name: view });
          if ((await button.count()) === 0) continue;
          await button.click();
          await page.waitForTimeout(600);
          assert.deepEqual(await violations(page), []);
        }
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
        await page.getByRole("button", { name: "Save playlist" }).click();
        await page.getByRole("dialog").waitFor();
        assert.deepEqual(await violations(page), []);
        await page.keyboard.press("Escape");
      });
    });

/** Budgets of time are those of a machine of one's own; one that shares its cores with others is held to three times. */
const SLACK = process.env.CI ? 3 : 1;

test("what loads is moved by nothing, and 500 songs are no burden", async () => {
  const before = (page) =>
    page.addInitScript(() => {
      window.shifts = 0;
      window.long = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.long.push(Math.round(entry.duration));
      }).observe({ type: "longtask", buffered: true });
    });
  await browser.page({ before }, async (page) => {
    await page
      .getByRole("list", { name: /begin with/ })
      .getByRole("button")
      .first()
      .waitFor();
    assert.ok((await page.evaluate(() => window.shifts)) < 0.02);
  });
  await browser.page({ before, hash: `${link(3)}&n=500` }, async (page) => {
    await assertSoon(async () => (await rows(page).count()) > 100);
    await page
      .getByRole("region", { name: "Graph" })
      .getByRole("img", { name: /suggestions/ })
      .waitFor();
    await page.waitForTimeout(1000);
    const loading = await page.evaluate(() => window.long.splice(0));
    for (let step = 0; step < 30; step++) {
      await page.mouse.wheel(0, 900);
      await page.waitForTimeout(40);
    }
    const scrolling = await page.evaluate(() => window.long.splice(0));
    await page.evaluate(() => window.scrollTo(0, 0));
    const banning = [];
    for (let times = 0; times < 3; times++) {
      // Found by style and not by role: working out the roles of 500 rows would be the longest task of all.
      const first = page.locator("ol > li").first();
      const id = await first.getAttribute("data-id");
      await first.locator("button[title^=Ban]").click();
      await page.locator(`[data-id="${id}"]`).waitFor({ state: "detached" });
      await page.waitForTimeout(2000);
      banning.push(await page.evaluate(() => window.long.splice(0)));
    }
    console.log("long tasks: loading", loading, "scrolling", scrolling, "banning", banning);
    assert.ok(Math.max(0, ...scrolling) <= 100 * SLACK);
    // Once of three times: what else the machine does is no fault of the page.
    assert.ok(Math.min(...banning.map((tasks) => Math.max(0, ...tasks))) <= 100 * SLACK);
    assert.ok((await ids(page)).length > 100);
  });
});

/** The best of some runs: what else the machine does is no fault of the page. */
async function best(runs, measure) {
  const times = [];
  for (let run = 0; run < runs; run++) times.push(await measure());
  console.log("milliseconds", times.map(Math.round));
  return Math.min(...times);
}

test("the search answers a key within a second of the page's beginning", async () => {
  const time = await best(3, async () => {
    let took = 0;
    await browser.page({}, async (page) => {
      await page.evaluate(() => location.reload());
      await page.waitForLoadState("commit");
      await search(page).pressSequentially(songs[0].track_artist.slice(0, 4));
      await page.getByRole("option").first().waitFor();
      took = await page.evaluate(() => performance.now());
    });
    return took;
  });
  assert.ok(time < 1000 * SLACK, `${time} ms`);
});

test("a new list is on screen within 150 ms of its answer", async () => {
  await browser.page({ hash: link(2) }, async (page) => {
    await settled(page);
    const time = await best(4, async () => {
      await page.evaluate(() => {
        window.painted = 0;
        performance.clearResourceTimings();
        const list = document.querySelector("ol");
        const answered = () =>
          performance
            .getEntriesByType("resource")
            .findLast((entry) => entry.name.endsWith("/recommendations"));
        // The banned row leaves before the answer; what counts is the first change after it.
        new MutationObserver((_, observer) => {
          if (window.painted > 0 || !answered()) return;
          observer.disconnect();
          requestAnimationFrame(() => (window.painted = performance.now() - answered().responseEnd));
        }).observe(list, { childList: true });
      });
      await page.locator("ol > li").first().locator("button[title^=Ban]").click();
      await page.waitForFunction(() => window.painted > 0);
      await settled(page);
      return page.evaluate(() => window.painted);
    });
    assert.ok(time < 150 * SLACK, `${time} ms`);
  });
});
