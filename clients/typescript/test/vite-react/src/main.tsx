import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { createTaskSlices, type Task } from "taskslices";

const api = createTaskSlices({ baseUrl: "", getToken: () => sessionStorage.getItem("token") });

function Tasks() {
    const [tasks, setTasks] = useState<Task[]>([]);
    useEffect(() => void api.listTasks().then((page) => setTasks(page.tasks)), []);

    return tasks.map((task) => <p key={task.id}>{task.title}</p>);
}

createRoot(document.querySelector("#root")!).render(<Tasks />);
