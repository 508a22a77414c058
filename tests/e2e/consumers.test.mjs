// Programs that others wrote read our files: speedscope in a browser, and DataDog's pprof-format.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";
import { launch, newPage, realFiles, serve, views } from "./support.mjs";

const kSpeedscope = join(dirname(fileURLToPath(import.meta.url)), "node_modules/speedscope/dist/release");

let browser;
let speedscope;
before(async () => {
  browser = await launch();
  speedscope = await serve(kSpeedscope);
});
after(async () => {
  await browser?.close();
  speedscope?.close();
});

// The text of speedscope's table of functions ("sandwich view") once the file is imported.
async function importInto(file) {
  const page = await newPage(browser);
  await page.goto(speedscope.url);
  await page.locator("input[type=file]").first().setInputFiles(file);
  await page.getByText("Left Heavy").waitFor();
  await page.getByText("Sandwich").click();
  await page.waitForFunction(() => document.body.innerText.includes("%")); // rows come after heads
  const table = await page.locator("body").innerText();
  const complaints = page.complaints;
  await page.close();
  assert.deepEqual(complaints, []);
  return table;
}

for (const extension of [".speedscope.json", ".pb.gz"]) {
  test(`speedscope reads ${extension}`, async () => {
    const table = await importInto(join(views, `small${extension}`));
    assert.match(table, /2\.65s \(40%\)\s+1\.40s \(21%\)\s+parse_headers/);
    assert.match(table, /1\.90s \(28%\)\s+1\.90s \(28%\)\s+\[idle\]/);
  });
  test(`speedscope reads hostile names from ${extension}`, async () => {
    assert.match(await importInto(join(views, `hostile${extension}`)), /<\/script><img/);
  });
  test(`speedscope reads 50,000 stacks from ${extension}`, async () => {
    assert.match(await importInto(join(views, `big${extension}`)), /::step_/);
  });
  test(`speedscope reads 1,000 frames from ${extension}`, async () => {
    assert.match(await importInto(join(views, `deep${extension}`)), /recurse_999/);
  });
  for (const file of realFiles(extension))
    test(`speedscope reads ${basename(file)}`, async () => {
      assert.match(await importInto(file), /%/);
    });
}

function decode(file) {
  const profile = Profile.decode(gunzipSync(readFileSync(file)));
  return { profile, string: (index) => profile.stringTable.strings[Number(index)] };
}

function totals(profile) {
  return profile.sampleType.map((_, type) =>
    profile.sample.reduce((sum, sample) => sum + BigInt(sample.value[type]), 0n),
  );
}

for (const name of ["small", "hostile", "big", "deep", "empty"])
  test(`pprof-format agrees about the totals of ${name}`, () => {
    const { profile, string } = decode(join(views, `${name}.pb.gz`));
    const expected = JSON.parse(readFileSync(join(views, `${name}.json`), "utf8"));
    const events = expected.stacks.reduce((sum, stack) => sum + stack.count, 0);
    assert.deepEqual(totals(profile), [BigInt(events), BigInt(expected.view.total)]);
    assert.deepEqual(
      profile.sampleType.map((type) => [string(type.type), string(type.unit)]),
      [
        ["samples", "count"],
        ["cpu", "nanoseconds"],
      ],
    );
  });

test("pprof-format finds stacks, inlined lines and build ids", () => {
  const { profile, string } = decode(join(views, "small.pb.gz"));
  const location = (id) => profile.location.find((each) => each.id === id);
  const name = (line) => string(profile.function.find((each) => each.id === line.functionId).name);
  const stacks = profile.sample.map((sample) =>
    sample.locationId.flatMap((id) => location(id).line.map(name)),
  );
  assert.deepEqual(stacks.find((stack) => stack[0].startsWith("std::hash")), [
    "std::hash<std::string>::operator()",
    "find_header",
    "parse_headers",
    "handle_request",
    "serve",
    "main",
    "__libc_start_main",
    "httpd",
  ]);
  const ids = profile.mapping.map((mapping) => string(mapping.buildId));
  assert.ok(ids.includes("5f1c2a9d0b7e46d38c11f0a2b3c4d5e6f7a8b9c0"));
});

for (const file of realFiles(".pb.gz"))
  test(`pprof-format reads ${basename(file)}`, () => {
    assert.ok(totals(decode(file).profile)[1] > 0n);
  });
