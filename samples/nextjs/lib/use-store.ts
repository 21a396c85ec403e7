import { useEffect, useState } from "react";
import { createTaskSlices } from "taskslices";
import { indexedDbStorage, TaskStore } from "taskslices/sync";
import { authClient } from "./auth-client";

const baseUrl = process.env.NEXT_PUBLIC_TASKS_URL ?? "http://localhost:8000";

const storageOf = (userId: string) => indexedDbStorage(`taskslices:${userId}`);

/** The tasks of the user on this device; undefined until they are opened. */
export function useStore(userId: string | undefined): TaskStore | undefined {
    const [opened, setOpened] = useState<{ userId: string; store: TaskStore }>();

    useEffect(() => {
        if (!userId) return;

        const client = createTaskSlices({ baseUrl, getToken: () => authClient.token() });
        const store = new TaskStore({ client, userId, storage: storageOf(userId) });
        setOpened({ userId, store });

        return () => void store.stop();
    }, [userId]);

    return opened?.userId === userId ? opened?.store : undefined;
}

/** Ends the session, and leaves none of the user's tasks on this device. Gives why it can't, or undefined. */
export async function signOut(userId: string, store: TaskStore): Promise<string | undefined> {
    const { error } = await authClient.signOut().catch((error: unknown) => ({ error }));
    if (error) return "You can sign out when you are online again.";

    await store.stop();
    const storage = storageOf(userId);
    await storage.write(new Map(Array.from((await storage.read()).keys(), (name) => [name, undefined])));
}
