// Bundles GraphiQL into ../src/http/assets, with the licenses of all bundled packages. Called by build-graphiql.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const assets = new URL("../../src/http/assets/", import.meta.url);
const result = await build({
  entryPoints: [new URL("entry.js", import.meta.url).pathname],
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  outdir: "out",
});

function put(name, text) {
  writeFileSync(new URL(name, assets), text);
}

for (const { path, text } of result.outputFiles) {
  const kind = path.endsWith(".css") ? "css" : "js";
  // The embedded fonts are two thirds of the size. The page uses system fonts instead.
  const lean = kind === "css" ? text.replaceAll(/@font-face\{[^}]*\}/g, "") : text;
  put(`graphiql.${kind}.gz`, gzipSync(lean, { level: 9 }));
}

const folders = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (found) folders.add(found[1]);
}
const texts = [];
for (const folder of [...folders].sort()) {
  const about = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const licence = file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8").trim() : "";
  texts.push(`${about.name} ${about.version} (${about.license})\n\n${licence}`);
}
put("LICENSES.txt", texts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
put(
  "README.md",
  `# GraphiQL bundle

\`graphiql.js.gz\` and \`graphiql.css.gz\` are built by \`scripts/build-graphiql\`. Do not edit them.

- graphiql ${version("graphiql")} and react ${version("react")}, both under the MIT license; all licenses are in \`LICENSES.txt\`
- Bundled by esbuild ${version("esbuild")} from \`scripts/graphiql/entry.js\`. All versions are in \`scripts/package-lock.json\`.
- Fonts are not included.

\`graphiql.html\` and \`start.graphql\` are part of Menjin.
`,
);
