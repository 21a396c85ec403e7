import type { StoreState } from "taskslices/sync";

/** Whether this device and the server are in step, in words. */
export function Status({ state: { error, isKept, isLoaded, pending } }: { state: StoreState }) {
    const waiting = pending === 1 ? "1 change waits." : pending ? `${pending} changes wait.` : "";

    const sentence =
        error?.code === "TOKEN_MISSING" ? "Your session has ended. "
        : error?.status === 401 ? `${error.message} `
        : error ? "Offline. "
        : pending ? "Sending…"
        : isLoaded ? "In step with your other devices."
        : "Connecting…";

    return (
        <div className={`status ${error ? "away" : ""}`}>
            <p role="status">
                {sentence}
                {error && waiting}
                {!isKept && " This browser keeps nothing: what was not sent is lost with this page."}
            </p>
            {error?.status === 401 && <button className="quiet" onClick={() => location.reload()}>Sign in again</button>}
        </div>
    );
}
