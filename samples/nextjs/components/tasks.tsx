import { type FormEvent, useRef, useState } from "react";
import type { Task } from "taskslices";
import { useTasks } from "taskslices/react";
import type { TaskStore } from "taskslices/sync";
import { signOut } from "@/lib/use-store";
import type { User } from "@/lib/use-user";
import { Row } from "./row";
import { Status } from "./status";

const FILTERS = ["All", "To do", "Done"] as const;

export function Tasks({ store, user }: { store: TaskStore; user: User }) {
    const state = useTasks(store);
    const [filter, setFilter] = useState<(typeof FILTERS)[number]>("All");
    const [removed, setRemoved] = useState<Task>();
    const [refusal, setRefusal] = useState("");
    const title = useRef<HTMLInputElement>(null);

    const open = state.tasks.filter((task) => !task.completed).length;
    const shown = state.tasks.filter((task) => filter === "All" || task.completed === (filter === "Done"));

    function add(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const text = title.current!.value.trim();
        if (!text) return;

        store.create({ title: text });
        title.current!.value = "";
        if (filter === "Done") setFilter("All");
    }

    function remove(task: Task) {
        store.remove(task.id);
        setRemoved(task);
    }

    function undo() {
        if (removed) store.restore(removed);
        closeNotice();
    }

    function closeNotice() {
        setRemoved(undefined);
        title.current?.focus();
    }

    async function leave() {
        const { pending, refused } = store.getState();
        if (pending + refused.length && !confirm("Some changes were not sent yet. Sign out and lose them?")) return;

        setRefusal((await signOut(user.id, store)) ?? "");
    }

    return (
        <>
            <header>
                <span className="name">{user.name}</span>
                <button className="quiet" onClick={leave}>Sign out</button>
            </header>
            <main>
                <h1>Tasks</h1>
                <p className="muted">{state.isLoaded ? `${open} to do, ${state.tasks.length - open} done` : "Loading…"}</p>
                <p className="refusal" role="alert">{refusal}</p>

                <form className="card add" onSubmit={add}>
                    <input ref={title} aria-label="New task" placeholder="New task" maxLength={200} autoComplete="off" />
                    <button className="primary">Add</button>
                </form>

                <fieldset className="filter">
                    <legend className="unseen">Show</legend>
                    {FILTERS.map((name) => (
                        <label key={name}>
                            <input type="radio" name="filter" checked={name === filter} onChange={() => setFilter(name)} />
                            <span>{name}</span>
                        </label>
                    ))}
                </fieldset>

                {state.refused.map(({ key, fields, refusal: why }) => (
                    <div className="card refused" role="alert" key={key}>
                        <p>{fields.title ? `“${fields.title}”: ` : ""}{why?.message}</p>
                        <button onClick={() => store.retry(key)}>{why?.status === 412 ? "Use mine" : "Try again"}</button>
                        <button onClick={() => store.dismiss(key)}>Dismiss</button>
                    </div>
                ))}

                {shown.length > 0 && (
                    <ul className="card list" aria-label="Tasks">
                        {shown.map((task) => <Row key={task.id} task={task} store={store} onRemove={remove} />)}
                    </ul>
                )}
                {state.isLoaded && !shown.length && (
                    <p className="empty">{state.tasks.length ? "Nothing here." : "No tasks yet. Add the first one above."}</p>
                )}
            </main>
            <footer>
                <Status state={state} />
                {removed && (
                    <div className="notice" key={removed.id}>
                        <p role="status">“{removed.title}” is deleted.</p>
                        <button autoFocus onClick={undo}>Undo</button>
                        <button aria-label="Close" onClick={closeNotice}>✕</button>
                    </div>
                )}
            </footer>
        </>
    );
}
