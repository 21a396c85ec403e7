import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement } from "react";
import { act, create } from "react-test-renderer";
import { createTaskSlices } from "taskslices";
import { useTasks } from "taskslices/react";
import { memoryStorage, TaskStore } from "taskslices/sync";

test("A component is rendered again when a task changes", async () => {
    const client = createTaskSlices({ baseUrl: "http://localhost", getToken: () => null });
    const store = new TaskStore({ client, userId: "ann", storage: memoryStorage() });
    globalThis.IS_REACT_ACT_ENVIRONMENT = true;
    const Tasks = () => useTasks(store).tasks.map(({ id, title }) => createElement("p", { key: id }, title));
    let root;
    await act(() => (root = create(createElement(Tasks))));
    assert.equal(root.toJSON(), null);
    await act(() => store.create({ title: "Buy milk" }));
    assert.deepEqual(root.toJSON().children, ["Buy milk"]);
    await act(() => root.unmount());
    await store.stop();
});
