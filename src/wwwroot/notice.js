const box = document.querySelector("#notice");
const text = box.querySelector("p");
const button = document.querySelector("#notice-action");
const live = document.querySelector("#live");
let act = null;

document.querySelector("#notice-close").addEventListener("click", hide);
button.addEventListener("click", () => {
  const action = act;
  hide();
  action();
});

/** For everybody to see, until it is closed. */
export function notify(message, label = null, action = null) {
  box.hidden = false;
  text.textContent = message;
  button.hidden = !label;
  button.textContent = label ?? "";
  act = action;
}

export function hide() {
  box.hidden = true;
  text.textContent = "";
}

/** For those who do not see what happened. */
export function announce(message) {
  live.textContent = message;
}
