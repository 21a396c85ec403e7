// Makes a client of each document with orval and its types with openapi-typescript, in a folder, and compiles them as strictly as TypeScript can.
// Prints what the compiler finds; ends with 1 if there is anything.
//   node generate.mjs <folder> <file>...
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { generate } from "orval";
import ts from "typescript";

const [folder, ...files] = process.argv.slice(2);
const made = [];

for (const file of files) {
    const [client, types] = ["client", "types"].map((kind) => join(folder, `${basename(file, ".json")}-${kind}.ts`));
    await generate({ input: file, output: { target: client, client: "fetch" } });
    await writeFile(types, astToString(await openapiTS(pathToFileURL(file))));
    made.push(client, types);
}

const program = ts.createProgram(made, {
    strict: true, noEmit: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
});
const findings = ts.getPreEmitDiagnostics(program);
for (const { file, start, messageText } of findings)
    console.log(`${file?.fileName}(${start}): ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);

process.exitCode = findings.length ? 1 : 0;
