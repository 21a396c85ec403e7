const template = document.querySelector("#fields");
const NAMES = ["title", "description", "priority", "due_date", "recurrence", "category", "tags"];
const read = {
  title: (text) => text,
  priority: (word) => word,
  description: (text) => text || null,
  // The time of day and the offset stay.
  due_date: (date, { due_date }) => (date ? date + (due_date?.slice(10) ?? "") : null),
  recurrence: (rule) => rule || null,
  category: (text) => text.trim() || null,
  tags: (text, { tags = [] }) => {
    // One that was there before may have a comma.
    const whole = tags.filter((tag) => tag.includes(",") && text.includes(tag));
    const others = whole.reduce((rest, tag) => rest.replace(tag, ""), text).split(",");

    return [...whole, ...others.map((tag) => tag.trim()).filter(Boolean)];
  },
};
const plain = (task, name) => [task[name] ?? []].flat().join("\n").trim();
let fieldCount = 0;

/** The fields of a form that are not the same in two tasks. */
export const differ = (one, other) => NAMES.filter((name) => plain(one, name) !== plain(other, name));

/** What a form calls a field, and what it has in a task, as a text. */
export function say(name, task) {
  const [label, text] = {
    title: ["Title", task.title],
    description: ["Details", task.description],
    priority: ["Priority", capitalize(task.priority)],
    due_date: ["Due", task.due_date && format(task.due_date)],
    recurrence: ["Repeats", task.recurrence],
    category: ["Category", task.category],
    tags: ["Tags", task.tags.join(", ")],
  }[name];

  return [label, text || "None"];
}

/** Adds all fields but title and details to a form. */
export function addTo(form) {
  form.querySelector(".more").append(template.content.cloneNode(true));
  label(form);
}

/** Ties each field to its label. */
export function label(form) {
  for (const { children: [name, input] } of form.querySelectorAll(".field")) name.htmlFor = input.id = `field-${++fieldCount}`;
}

/** Shows a task and its draft in a form. @returns what gives the members that were changed, and no others */
export function fill({ elements }, task, draft) {
  const write = ({ title = "", description, priority = "none", due_date, recurrence, category, tags = [] }) => {
    // A rule of another program is kept as it is.
    const { options } = elements.recurrence;
    if (recurrence && ![...options].some(({ value }) => value === recurrence)) options.add(new Option(recurrence));
    const texts = [title, description ?? "", priority, due_date?.slice(0, 10) ?? "", recurrence ?? "", category ?? "", tags.join(", ")];
    NAMES.forEach((name, i) => (elements[name].value = texts[i]));
  };
  write(task);
  const first = NAMES.map((name) => elements[name].value);
  if (draft) write({ ...task, ...draft });
  if (task.due_date?.length > 10) elements.due_date.previousElementSibling.textContent = `Due (${task.due_date.slice(11)})`;

  return () => {
    const changed = NAMES.filter((name, i) => elements[name].value !== first[i] && !elements[name].validity.badInput);

    return Object.fromEntries(changed.map((name) => [name, read[name](elements[name].value, task)]));
  };
}

/** What is to be read beside title and description: texts, each with its kind. */
export function describe({ priority, due_date, recurrence, category, tags, completed }) {
  const isLate = !completed && isOver(due_date);

  return [
    ...(priority === "none" ? [] : [[`${capitalize(priority)} priority`, priority]]),
    ...(due_date ? [[`${isLate ? "Overdue:" : "Due"} ${format(due_date)}`, isLate ? "late" : "due"]] : []),
    ...(recurrence ? [[`Repeats ${recurrence}`, "repeat"]] : []),
    ...(category ? [[category, "category"]] : []),
    ...tags.map((tag) => [tag, "tag"]),
  ];
}

const capitalize = (word) => word[0].toUpperCase() + word.slice(1);

/** A date is over when the day ends here; a time without an offset is one of this place. */
function isOver(due) {
  return due?.length === 10 ? due < new Date().toLocaleDateString("sv") : Date.parse(due) < Date.now();
}

/** As it was written: a time is not moved to the zone of who reads it. */
function format(due) {
  const date = new Date(due.slice(0, 10)).toLocaleDateString("en-GB", { dateStyle: "medium", timeZone: "UTC" });

  return [date, due.slice(11)].filter(Boolean).join(", ");
}
