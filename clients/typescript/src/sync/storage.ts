/** Where a store keeps tasks and changes: a table of names and values. */
export interface Storage {
    /** All that was written. */
    read(): Promise<Map<string, unknown>>;
    /** All of them or none; undefined removes a name. */
    write(entries: ReadonlyMap<string, unknown>): Promise<void>;
    /** Of the lock that one browser tab holds to keep the tasks; undefined where nothing else writes. */
    readonly lock?: string;
}

/** Lives as long as the page or process; a reload is survived by what another store gets the same object. */
export function memoryStorage(): Storage {
    const kept = new Map<string, string>();

    return {
        read: async () => new Map(Array.from(kept, ([name, value]) => [name, JSON.parse(value)])),
        write: async (entries) => {
            for (const [name, value] of entries) value === undefined ? kept.delete(name) : kept.set(name, JSON.stringify(value));
        },
    };
}

/** @param name of the database: one for each user */
export function indexedDbStorage(name: string): Storage {
    let opened: Promise<IDBDatabase> | undefined;

    function open(): Promise<IDBDatabase> {
        return (opened ??= new Promise<IDBDatabase>((resolve, reject) => {
            const request = indexedDB.open(name, 1);
            request.onupgradeneeded = () => request.result.createObjectStore("entries");
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        }).catch((error) => {
            opened = undefined;
            throw error;
        }));
    }

    async function run<T>(mode: IDBTransactionMode, use: (entries: IDBObjectStore) => () => T): Promise<T> {
        const transaction = (await open()).transaction("entries", mode);
        const result = use(transaction.objectStore("entries"));

        return new Promise((resolve, reject) => {
            transaction.oncomplete = () => resolve(result());
            transaction.onabort = () => reject(transaction.error);
        });
    }

    return {
        lock: `taskslices:${name}`,
        read: () =>
            run("readonly", (entries) => {
                const [names, values] = [entries.getAllKeys(), entries.getAll()];

                return () => new Map(names.result.map((key, i) => [String(key), values.result[i]]));
            }),
        write: (changed) =>
            run("readwrite", (entries) => {
                for (const [key, value] of changed) value === undefined ? entries.delete(key) : entries.put(value, key);

                return () => undefined;
            }),
    };
}
