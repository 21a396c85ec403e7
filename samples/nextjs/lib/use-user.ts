import { useEffect, useState } from "react";
import { authClient } from "./auth-client";

export interface User {
    id: string;
    name: string;
}

const KEY = "user";

/** Who is signed in: null for nobody, undefined until it is known. Offline it is who was signed in last. */
export function useUser(): User | null | undefined {
    const { data, error, isPending } = authClient.useSession();
    const [user, setUser] = useState<User | null>();

    useEffect(() => {
        if (data) {
            const { id, name } = data.user;
            localStorage.setItem(KEY, JSON.stringify({ id, name }));
            setUser((current) => (current?.id === id ? current : { id, name }));
        } else if (isPending || error) {
            const kept = localStorage.getItem(KEY);
            setUser((current) => current ?? (kept ? JSON.parse(kept) : error && null));
        } else {
            localStorage.removeItem(KEY);
            setUser(null);
        }
    }, [data, error, isPending]);

    return user;
}
