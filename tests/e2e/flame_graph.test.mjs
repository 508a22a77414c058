// Drives the interactive flame graph as a reader would.
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { launch, newPage, openFlameGraph, realFiles, views } from "./support.mjs";

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

async function open(t, name, options) {
  const page = await openFlameGraph(browser, join(views, name), options);
  t.after(async () => {
    assert.deepEqual(page.complaints, [], "errors on the page");
    assert.equal(page.requests.length, 1, `requests: ${page.requests}`);
    await page.close();
  });
  return page;
}

const frame = (page, name) => page.locator(`g.frame[name="${name}"]`).first();
const widthOf = async (page, name) => (await frame(page, name).locator("rect").boundingBox()).width;
const text = (page, selector) => page.locator(selector).innerText();

test("says what was recorded", async (t) => {
  const page = await open(t, "small.html");
  const facts = await text(page, "#facts");
  for (const fact of ["6.67 s", "web-1.example.org", "10.0 s", "2026-01-31 12:00:00 UTC"])
    assert.ok(facts.includes(fact), `${fact} in ${facts}`);
  assert.ok(facts.includes("perfscope record -a -F 99 -d 10s"));
  assert.match(await page.title(), /web-1\.example\.org/);
  const legend = await text(page, "#legend");
  assert.equal(legend.split("\n").length, 7);
});

test("zooms into a frame, and back", async (t) => {
  const page = await open(t, "small.html");
  const before = await widthOf(page, "parse_headers");
  assert.ok(await page.locator("#reset").isDisabled());
  await frame(page, "parse_headers").click();
  assert.ok((await widthOf(page, "parse_headers")) > 2 * before);
  assert.equal(await page.locator('g.frame[name="tcp_sendmsg"]').count(), 0);
  assert.match(await text(page, "#path"), /handle_request[\s\S]*parse_headers/);
  await page.locator("#reset").click();
  assert.equal(Math.round(await widthOf(page, "parse_headers")), Math.round(before));
  assert.ok(await page.locator("#path").isHidden());
});

test("shows absolute and relative values", async (t) => {
  const page = await open(t, "small.html");
  await frame(page, "parse_headers").hover();
  const tip = await text(page, "#tooltip");
  for (const part of ["parse_headers", "Native", "/usr/sbin/httpd", "2.65 s", "39.7 %", "1.40 s"])
    assert.ok(tip.includes(part), `${part} in ${tip}`);
  assert.ok(!tip.includes("of zoomed"));
  await frame(page, "handle_request").click();
  await frame(page, "memcpy").hover();
  assert.match(await text(page, "#tooltip"), /of zoomed frame\s+8\.79 %/);
});

test("finds functions and says how much they are", async (t) => {
  const page = await open(t, "small.html");
  const fill = () => frame(page, "memcpy").locator("rect").getAttribute("fill");
  const plain = await fill();
  await page.fill("#search", "MEMCPY");
  assert.match(await text(page, "#matched"), /^7\.05 % matched · 470 ms$/);
  assert.notEqual(await fill(), plain);
  await page.fill("#search", "/^(parse|find)_/");
  assert.match(await text(page, "#matched"), /^39\.7 % matched/);
  await frame(page, "handle_request").click();
  assert.match(await text(page, "#matched"), /of zoomed frame matched/);
  await page.fill("#search", "/(/");
  assert.match(await text(page, "#matched"), /not a regular expression/);
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#matched").isHidden());
});

test("turns upside down", async (t) => {
  const page = await open(t, "small.html");
  const top = async (name) => (await frame(page, name).boundingBox()).y;
  assert.ok((await top("all")) > (await top("main")));
  await page.locator("#icicle").click();
  assert.ok((await top("all")) < (await top("main")));
  assert.equal(await page.locator("#icicle").getAttribute("aria-pressed"), "true");
});

test("works from the keyboard alone", async (t) => {
  const page = await open(t, "small.html");
  await page.keyboard.press("ArrowUp"); // from "all" to its widest process
  assert.match(await text(page, "#tooltip"), /^httpd/);
  await page.keyboard.press("ArrowRight");
  assert.match(await text(page, "#tooltip"), /^node/);
  assert.match(await page.locator("#live").textContent(), /^node, 600 ms, 9\.00 % of total$/);
  await page.keyboard.press("Enter");
  assert.match(await text(page, "#path"), /node$/);
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#path").isHidden());
  await page.keyboard.press("/");
  await page.keyboard.type("tcp");
  assert.match(await text(page, "#matched"), /9\.15 %/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("i");
  assert.equal(await page.locator("#icicle").getAttribute("aria-pressed"), "true");
});

test("switches between views", async (t) => {
  const page = await open(t, "tabs.html");
  await page.fill("#search", "schedule");
  assert.match(await text(page, "#matched"), /^0\.00 %/);
  await page.locator("#tab-offcpu").click();
  assert.equal(await page.locator("#tab-offcpu").getAttribute("aria-selected"), "true");
  assert.match(await text(page, "#matched"), /^99\.5 % matched/);
  assert.match(await text(page, "#facts"), /Off-CPU time\s+8\.24 s/);
});

test("follows the system's dark mode", async (t) => {
  const page = await open(t, "small.html", { colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const fill = () => frame(page, "main").locator("rect").getAttribute("fill");
  const dark = [await background(), await fill()];
  await page.emulateMedia({ colorScheme: "light" });
  assert.notEqual(await background(), dark[0]);
  await page.waitForFunction(
    (was) => document.querySelector('g.frame[name="main"] rect').getAttribute("fill") !== was,
    dark[1],
  );
});

test("shows hostile names as text", async (t) => {
  const page = await open(t, "hostile.html");
  assert.equal(await page.locator("img").count(), 0);
  const names = await page.locator(".d3-flame-graph-label").allTextContents();
  assert.ok(names.includes("</script><img src=x onerror=alert(1)>"), names.join("\n"));
  assert.ok(names.includes("{{PERFSCOPE_DATA}}"));
  await page.fill("#search", "<img");
  for (const each of await page.locator("g.frame").all()) await each.hover({ force: true });
});

test("says so when nothing was recorded", async (t) => {
  const page = await open(t, "empty.html");
  assert.ok(await page.locator("#empty").isVisible());
});

test("draws stacks of 1,000 frames", async (t) => {
  const page = await open(t, "deep.html");
  assert.equal(await page.locator("g.frame").count(), 1001);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
});

test("stays quick at 50,000 stacks", async (t) => {
  const page = await open(t, "big.html");
  t.diagnostic(`50,000 stacks: opened in ${Math.round(page.openMs)} ms`);
  console.log(`50,000 stacks: opened in ${Math.round(page.openMs)} ms`);
  const frames = await page.locator("g.frame").count();
  assert.ok(frames > 100 && frames < 20000, `${frames} frames drawn`);
  assert.match(await text(page, "#note"), /frames below 1 px/);
  await page.fill("#search", "step_3_");
  assert.match(await text(page, "#matched"), /matched/);
  await page.locator("g.frame").nth(5).click();
  assert.ok(await page.locator("#reset").isEnabled());
});

for (const file of realFiles(".html"))
  test(`opens ${basename(file)}`, async (t) => {
    const page = await openFlameGraph(browser, file);
    t.diagnostic(`opened in ${Math.round(page.openMs)} ms`);
    assert.deepEqual(page.complaints, []);
    assert.equal(page.requests.length, 1);
    assert.ok((await page.locator("g.frame").count()) > 1);
    await page.close();
  });

test("the still picture is well-formed and inert", async () => {
  for (const name of ["small.svg", "hostile.svg", "big.svg"]) {
    const page = await openSvg(join(views, name));
    assert.equal(await page.locator("parsererror").count(), 0, name);
    assert.equal(await page.locator("script, img").count(), 0, name);
    assert.deepEqual(page.complaints, []);
    await page.close();
  }
});

async function openSvg(file) {
  const page = await newPage(browser);
  await page.goto(`file://${file}`);
  return page;
}
