/** A wait that something can end before its time. */
export class Pause {
    #end: (() => void) | undefined;
    #failures = 0;

    wait(time: number): Promise<void> {
        return new Promise((resolve) => {
            const timer = setTimeout(() => this.#finish(), time);
            this.#end = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }

    /**
     * After a failure: twice as long each time, from half a second to half a minute, and never the same for all clients.
     * @param least in seconds; of a longer one, ten minutes
     */
    backOff(least = 0): Promise<void> {
        return this.wait(Math.max(Math.min(least, 600) * 1000, Math.min(30_000, 500 * 2 ** this.#failures++) * (0.5 + Math.random() / 2)));
    }

    /** After a success. */
    reset(): void {
        this.#failures = 0;
    }

    /** What failed is tried at once, and soon again if it fails. */
    wake(): void {
        this.#failures = 0;
        this.#finish();
    }

    #finish(): void {
        this.#end?.();
        this.#end = undefined;
    }
}
