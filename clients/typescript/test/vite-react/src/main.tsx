import { createRoot } from "react-dom/client";
import { createTaskSlices } from "taskslices";
import { useTasks } from "taskslices/react";
import { TaskStore } from "taskslices/sync";

const client = createTaskSlices({ baseUrl: "", getToken: () => sessionStorage.getItem("token") });
const store = new TaskStore({ client, userId: await client.getUserId() });

function Tasks() {
    const { tasks, pending } = useTasks(store);

    return (
        <>
            {tasks.map((task) => (
                <p key={task.id}>{task.title}</p>
            ))}
            {pending} changes are on their way.
        </>
    );
}

createRoot(document.querySelector("#root")!).render(<Tasks />);
