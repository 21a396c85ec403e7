const $ = (selector) => document.querySelector(selector);
const [box, retry, button, close] = [$("#notice"), $("#retry"), $("#notice-action"), $("#notice-close")];
let message = "";
let act = null;
let outage = "";
let waiting = 0;

close.addEventListener("click", hide);
button.addEventListener("click", () => {
  const action = act;
  hide();
  action();
});

/** For everybody to see, until it is closed or the next one comes. */
export function notify(text, label = "", action = null) {
  [message, act, button.textContent] = [text, action, label];
  render();
}

export function hide() {
  notify("");
}

/** @param reason why the server can’t be reached, or "" when it can @param count how many changes wait to be sent */
export function showOutage(reason, count = 0) {
  [outage, waiting] = [reason, count];
  render();
}

/** For those who do not see what happened. */
export function announce(text) {
  $("#live").textContent = text;
}

function render() {
  // The message may end with the same reason.
  const kept = waiting ? `${waiting} ${waiting > 1 ? "changes are" : "change is"} kept here, to be sent then` : "What you typed is kept";
  const parts = outage ? [message.replace(outage, "").trim(), outage, `${kept}; trying again.`] : [message];
  box.firstElementChild.textContent = parts.filter(Boolean).join(" ");
  box.hidden = !message && !outage;
  button.hidden = !act;
  close.hidden = !message;
  retry.hidden = !outage;
}
