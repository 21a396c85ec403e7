// Prints what Redocly's recommended rules, Spectral's rules for OpenAPI and two strict readers find in documents, a line each; ends with 1 if
// there is anything.
//   node lint.mjs <file>...
import { readFile } from "node:fs/promises";
import { createConfig, lint } from "@redocly/openapi-core";
import SwaggerParser from "@apidevtools/swagger-parser";
import { Validator } from "@seriousme/openapi-schema-validator";
import spectralCore from "@stoplight/spectral-core";
import spectralParsers from "@stoplight/spectral-parsers";
import spectralRulesets from "@stoplight/spectral-rulesets";

const config = await createConfig({ extends: ["recommended"] });
const spectral = new spectralCore.Spectral();
spectral.setRuleset({ extends: [[spectralRulesets.oas, "recommended"]] });

const checks = {
    Redocly: async (file) =>
        (await lint({ ref: file, config })).map(({ ruleId, message, location }) => `${ruleId}: ${location[0]?.pointer} ${message}`),
    Spectral: async (_, text) =>
        (await spectral.run(new spectralCore.Document(text, spectralParsers.Json))).map(({ code, message, path }) => `${code}: ${path.join("/")} ${message}`),
    "swagger-parser": (file) => SwaggerParser.validate(file).then(() => [], (error) => [error.message]),
    "openapi-schema-validator": async (_, text) => {
        const { valid, errors } = await new Validator().validate(JSON.parse(text));
        return valid ? [] : [JSON.stringify(errors)];
    },
};

for (const file of process.argv.slice(2)) {
    const text = await readFile(file, "utf8");
    for (const [name, check] of Object.entries(checks)) {
        for (const finding of await check(file, text)) {
            console.log(`${file}: ${name} ${finding}`);
            process.exitCode = 1;
        }
    }
}
