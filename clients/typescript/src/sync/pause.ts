/** A wait that something can end before its time. */
export class Pause {
    #end: (() => void) | undefined;

    wait(time: number): Promise<void> {
        return new Promise((resolve) => {
            const timer = setTimeout(() => this.wake(), time);
            this.#end = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }

    wake(): void {
        this.#end?.();
        this.#end = undefined;
    }
}

/** Twice as long each time, from half a second to half a minute, and never the same for all clients. */
export const backOff = (tries: number): number => Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
