import { type FormEvent, useState } from "react";
import { authClient } from "@/lib/auth-client";

export function SignIn() {
    const [isNew, setIsNew] = useState(false);
    const [isBusy, setIsBusy] = useState(false);
    const [refusal, setRefusal] = useState("");

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const [name, email, password] = ["name", "email", "password"].map((field) => String(new FormData(event.currentTarget).get(field)));
        setIsBusy(true);
        setRefusal("");
        const { error } = await (isNew ? authClient.signUp.email({ name, email, password }) : authClient.signIn.email({ email, password }))
            .catch(() => ({ error: { message: "The server can't be reached." } }));
        setIsBusy(false);
        if (error) setRefusal(error.message ?? "That did not work.");
    }

    return (
        <main className="narrow">
            <h1>{isNew ? "Create an account" : "Sign in"}</h1>
            <p className="muted">Your tasks, on all your devices, with or without a network.</p>
            <form className="card account" onSubmit={submit}>
                {isNew && (
                    <label>
                        Name
                        <input name="name" autoComplete="name" required />
                    </label>
                )}
                <label>
                    Email
                    <input name="email" type="email" autoComplete="username" required />
                </label>
                <label>
                    Password
                    <input name="password" type="password" minLength={8} autoComplete={isNew ? "new-password" : "current-password"} required />
                </label>
                <p className="refusal" role="alert">{refusal}</p>
                <button className="primary" disabled={isBusy}>{isNew ? "Create account" : "Sign in"}</button>
            </form>
            <p className="other">
                {isNew ? "You have an account?" : "You are new here?"}
                <button className="quiet" type="button" onClick={() => setIsNew(!isNew)}>
                    {isNew ? "Sign in instead" : "Create an account"}
                </button>
            </p>
        </main>
    );
}
