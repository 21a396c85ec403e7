import { addTo, fill } from "./fields.js";

const template = document.querySelector("#editor");

/** A form for a task. What was changed goes to `keep` and `save`; if that fails, the form says why. */
export function edit({ label, task, draft, error, saveLabel, cancelLabel, keep, save, cancel }) {
  const form = template.content.firstElementChild.cloneNode(true);
  const [saving, cancelling] = form.querySelectorAll("button");
  let isBusy = false;

  form.setAttribute("aria-label", label);
  addTo(form);
  const typed = fill(form, task, draft);
  if (saveLabel) [saving.textContent, cancelling.textContent] = [saveLabel, cancelLabel];
  fail(form, error);

  form.addEventListener("input", () => keep(typed()));
  cancelling.addEventListener("click", cancel);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      // Else it would close a dialog that is opened now.
      event.preventDefault();
      cancel();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;

    isBusy = true;
    fail(form);
    try {
      await save(typed());
    } catch (refusal) {
      fail(form, refusal.message);
      form.elements.title.focus();
    } finally {
      isBusy = false;
    }
  });

  return form;
}

/** Says in a form why it was not saved. */
export function fail(form, message = "") {
  const failure = form.querySelector(".error");
  [failure.textContent, failure.hidden] = [message, !message];
}
