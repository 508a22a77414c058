// node build.mjs OUT: checks the types, bundles src/main.ts, and writes one self-contained page.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = process.argv[2];

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc"], { stdio: "inherit" });

async function bundle(entry) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    keepNames: true, // d3-flame-graph looks at the name of d3-hierarchy's Node
    write: false,
    format: "iife",
    target: ["es2020"],
    charset: "utf8",
    legalComments: "none",
    loader: { ".css": entry.endsWith(".css") ? "css" : "empty" }, // the library's style is not used
  });
  return result.outputFiles[0].text.trim();
}

// Licence texts of what is bundled; the licences ask for them.
function notices() {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, info]) => path && !info.dev && !path.includes("@types/"))
    .map(([path, info]) => `${path.replace("node_modules/", "")} ${info.version} (${info.license})`)
    .join(", ");
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const script = (await bundle("src/main.ts")).replaceAll("</script", "<\\/script");
const style = await bundle("src/style.css");
const policy =
  `default-src 'none'; img-src data:; script-src ${hash(script)}; style-src ${hash(style)}`;

const parts = { POLICY: policy, NOTICES: notices(), STYLE: style, SCRIPT: script };
const page = readFileSync("src/page.html", "utf8").replace(
  /\{\{(POLICY|NOTICES|STYLE|SCRIPT)\}\}/g,
  (_, name) => parts[name],
);
writeFileSync(out, page);
