const template = document.querySelector("#editor");
let fieldCount = 0;

/** A form for a title and a description. If `save` fails, the form says why. */
export function edit({ label, title, description, error, saveLabel, cancelLabel, keep, save, cancel }) {
  const form = template.content.firstElementChild.cloneNode(true);
  const fields = form.elements;
  const failure = form.querySelector(".error");
  const [saving, cancelling] = form.querySelectorAll("button");
  const typed = () => ({ title: fields.title.value, description: fields.description.value || null });
  const fail = (message) => {
    failure.textContent = message ?? "";
    failure.hidden = !message;
  };
  let isBusy = false;

  form.setAttribute("aria-label", label);
  for (const field of form.querySelectorAll(".field")) {
    const [name, input] = field.children;
    name.htmlFor = input.id = `editor-${++fieldCount}`;
  }
  fields.title.value = title;
  fields.description.value = description ?? "";
  if (saveLabel) [saving.textContent, cancelling.textContent] = [saveLabel, cancelLabel];
  fail(error);

  form.addEventListener("input", () => keep(typed()));
  cancelling.addEventListener("click", cancel);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;

    isBusy = true;
    fail();
    try {
      await save(typed());
    } catch (refusal) {
      fail(refusal.message);
      fields.title.focus();
    } finally {
      isBusy = false;
    }
  });

  return form;
}
