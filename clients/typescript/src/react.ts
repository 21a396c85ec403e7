import { useSyncExternalStore } from "react";
import type { StoreState, TaskStore } from "./sync/store.js";

/** The state of the store; the component is rendered again when it changes. */
export const useTasks = (store: TaskStore): StoreState => useSyncExternalStore(store.subscribe, store.getState, store.getState);
