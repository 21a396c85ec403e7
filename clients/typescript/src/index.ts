export { createTaskSlices } from "./client.js";
export type {
    Change,
    CreateOptions,
    ListQuery,
    NewTask,
    Operation,
    OperationResult,
    Tag,
    Task,
    TaskChanges,
    TaskOrId,
    TaskPage,
    TaskSlices,
} from "./client.js";
export { type ErrorCode, TaskSlicesError } from "./error.js";
export type { GetToken, TokenAnswer } from "./token.js";
export type { CallOptions, Settings } from "./transport.js";
