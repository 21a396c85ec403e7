// What the tests use of node:assert/strict.
const show = (value) => (value instanceof Error ? `${value}` : JSON.stringify(value));

function fail(message = "It should not come to this.") {
    throw new Error(message);
}

function isSame(a, b) {
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;

    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

export default {
    fail,
    ok: (value, message) => value || fail(message ?? `${value} is not true`),
    equal: (actual, expected, message) => Object.is(actual, expected) || fail(message ?? `${show(actual)} is not ${show(expected)}`),
    notEqual: (actual, expected) => Object.is(actual, expected) && fail(`${show(actual)} twice`),
    deepEqual: (actual, expected) => isSame(actual, expected) || fail(`${show(actual)} is not ${show(expected)}`),
    match: (text, pattern) => pattern.test(text) || fail(`${text} does not match ${pattern}`),
    rejects: async (promise, { name }) => {
        const error = await promise.then(() => fail("It was not refused."), (error) => error);
        if (error?.name !== name) fail(`${error} is no ${name}`);
    },
};
