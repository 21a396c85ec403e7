export { type Conflict, type Fields, type LocalChange, mergeFields, type Resolve } from "./change.js";
export type { Outcome } from "./outbox.js";
export { indexedDbStorage, memoryStorage, type Storage } from "./storage.js";
export { type StoreSettings, type StoreState, TaskStore } from "./store.js";
