// Prints what Redocly's recommended rules and Spectral's rules for OpenAPI find in a document, a line each; ends with 1 if there is anything.
//   node lint.mjs <file>
import { readFile } from "node:fs/promises";
import { createConfig, lint } from "@redocly/openapi-core";
import spectralCore from "@stoplight/spectral-core";
import spectralParsers from "@stoplight/spectral-parsers";
import spectralRulesets from "@stoplight/spectral-rulesets";

const [file] = process.argv.slice(2);

const redocly = await lint({ ref: file, config: await createConfig({ extends: ["recommended"] }) });
const findings = redocly.map(({ ruleId, message, location }) => `Redocly ${ruleId}: ${location[0]?.pointer} ${message}`);

const spectral = new spectralCore.Spectral();
spectral.setRuleset({ extends: [[spectralRulesets.oas, "recommended"]] });
const found = await spectral.run(new spectralCore.Document(await readFile(file, "utf8"), spectralParsers.Json, file));
findings.push(...found.map(({ code, message, path }) => `Spectral ${code}: ${path.join("/")} ${message}`));

for (const finding of findings) console.log(finding);
process.exitCode = findings.length ? 1 : 0;
