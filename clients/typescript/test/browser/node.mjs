// What the tests use of node:test, node:timers/promises and node:fs/promises.
globalThis.process = { env: {} };

const tests = [];
const hooks = { before: [], afterEach: [], after: [] };

export const test = (name, ...rest) => tests.push({ name, run: rest.pop(), skip: rest[0]?.skip });
export const [before, afterEach, after] = ["before", "afterEach", "after"].map((when) => (hook) => hooks[when].push(hook));
export const readFile = async (url) => (await fetch(url)).text();

const sleep = (time) => new Promise((resolve) => globalThis.setTimeout(resolve, time));
export { sleep as setTimeout };

const runAll = async (some) => {
    for (const one of some) await one();
};

/** @returns of each test its name and its error, which is null if it passed; a test that is skipped has its reason. */
export async function run() {
    await runAll(hooks.before);
    const results = [];
    for (const { name, run, skip } of tests) {
        const ends = [];
        let error = null;
        try {
            if (!skip) await run({ after: (end) => ends.push(end), diagnostic: (text) => console.log(text) });
        } catch (thrown) {
            error = `${thrown?.stack ?? thrown}`;
        }
        await runAll([...ends, ...hooks.afterEach]);
        results.push({ name, error, skipped: skip || null });
    }
    await runAll(hooks.after);

    return results;
}
