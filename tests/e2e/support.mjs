// What the tests share: the browser, the folder with outputs, and pages that tell on themselves.
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const kChromium = process.env.PERFSCOPE_CHROMIUM ?? "/usr/bin/chromium";
const kFlags = [
  "--no-sandbox", // tests may run as root
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Synthetic outputs of make_views; and, where PERFSCOPE_E2E_DIR is set, a folder of real ones.
export const views = process.env.PERFSCOPE_VIEWS;
export const real = process.env.PERFSCOPE_E2E_DIR;

export function realFiles(extension) {
  if (!real) return [];
  return readdirSync(real)
    .filter((name) => name.endsWith(extension))
    .map((name) => join(real, name));
}

export async function launch() {
  if (!existsSync(kChromium))
    throw new Error(`${kChromium} is missing: apt-get install chromium, or set PERFSCOPE_CHROMIUM`);
  return chromium.launch({ executablePath: kChromium, args: kFlags });
}

// A page that records what a well-behaved page never does.
export async function newPage(browser, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 820 }, ...options });
  page.complaints = [];
  page.requests = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  page.on("dialog", (dialog) => {
    page.complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => page.requests.push(request.url()));
  return page;
}

export async function openFlameGraph(browser, file, options) {
  const page = await newPage(browser, options);
  const begin = performance.now();
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  page.openMs = performance.now() - begin;
  return page;
}

// Serves a folder on loopback; close() ends it.
export async function serve(folder) {
  const types = { html: "text/html", js: "text/javascript", css: "text/css" };
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
    try {
      const body = await readFile(join(folder, name));
      const type = types[name.split(".").pop()] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
