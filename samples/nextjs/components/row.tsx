import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Task } from "taskslices";
import type { TaskStore } from "taskslices/sync";

interface Props {
    task: Task;
    store: TaskStore;
    onRemove: (task: Task) => void;
}

export function Row({ task, store, onRemove }: Props) {
    const [isEdited, setIsEdited] = useState(false);
    const title = useRef<HTMLButtonElement>(null);
    const wasEdited = useRef(false);

    useEffect(() => {
        if (wasEdited.current && !isEdited) title.current?.focus();
        wasEdited.current = isEdited;
    }, [isEdited]);

    function rename(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const text = String(new FormData(event.currentTarget).get("title")).trim();
        if (text && text !== task.title) store.update(task.id, { title: text });
        setIsEdited(false);
    }

    const cancel = (event: KeyboardEvent) => event.key === "Escape" && setIsEdited(false);

    if (isEdited)
        return (
            <li>
                <form onSubmit={rename} onKeyDown={cancel}>
                    <input name="title" aria-label="Title" defaultValue={task.title} maxLength={200} autoComplete="off" autoFocus />
                    <button className="primary">Save</button>
                </form>
            </li>
        );

    return (
        <li className={task.completed ? "done" : ""}>
            <label className="check">
                <input
                    type="checkbox"
                    aria-label={task.title}
                    checked={task.completed}
                    onChange={() => store.update(task.id, { completed: !task.completed })}
                />
            </label>
            <button ref={title} className="title" title="Rename" onClick={() => setIsEdited(true)}>{task.title}</button>
            <button className="quiet" aria-label={`Delete ${task.title}`} onClick={() => onRemove(task)}>✕</button>
        </li>
    );
}
