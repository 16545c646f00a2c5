// Runs the audits of the npm package graphql-http against a server. All must pass. Called by audit-graphql-http.
import { auditServer } from "graphql-http";

const EXPECTED = 61;
const url = process.argv[2];
const results = await auditServer({ url, fetchFn: fetch });
const passed = results.filter((result) => result.status === "ok");
for (const result of results.filter((result) => result.status !== "ok")) {
  console.error(`${result.id} ${result.name}: ${result.reason ?? result.status}`);
  if (result.response) console.error(`  ${result.response.status} ${await result.response.text().catch(() => "")}`);
}
console.log(`${passed.length} of ${results.length} audits passed, ${EXPECTED} expected`);
process.exit(passed.length === EXPECTED && results.length === EXPECTED ? 0 : 1);
