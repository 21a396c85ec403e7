"use client";

import { useEffect } from "react";
import { SignIn } from "@/components/sign-in";
import { Tasks } from "@/components/tasks";
import { keepPage } from "@/lib/offline";
import { useStore } from "@/lib/use-store";
import { useUser } from "@/lib/use-user";

export default function Page() {
    const user = useUser();
    const store = useStore(user?.id);
    useEffect(keepPage, []);

    if (user === null) return <SignIn />;
    if (!user || !store) return <main aria-busy="true" />;

    return <Tasks key={user.id} store={store} user={user} />;
}
