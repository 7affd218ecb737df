"use strict";

/* The pages live in a sandboxed frame of Airflow: no pop-ups, no dialogs, no way to the top window.
   Only a script of the same origin may follow a link outside, through the parent's own document. */

const airflow = window.parent !== window ? window.parent.document : null;

function followOutside(href, tab) {
  const link = airflow.createElement("a");
  link.href = href;
  if (tab) {
    link.target = "_blank";
    link.rel = "noopener";
  }
  airflow.body.append(link);
  link.click();
  link.remove();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-airflow], a[data-tab]");
  if (!link || !airflow) return;
  event.preventDefault();
  followOutside(link.href, "tab" in link.dataset);
});

/* Airflow has its own switch for light and dark; follow it rather than the system. */
function followTheme() {
  const root = airflow.documentElement;
  const dark = root.classList.contains("dark") || root.dataset.theme === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

if (airflow) {
  followTheme();
  new MutationObserver(followTheme).observe(airflow.documentElement, { attributes: true });
}

/* An action is asked for twice: the first click arms the button, the second one acts. */
function disarm(button) {
  if (!button.dataset.armed) return;
  button.textContent = button.dataset.label;
  delete button.dataset.armed;
  outcomeOf(button).textContent = "";
}

function arm(button) {
  button.dataset.label = button.textContent;
  button.dataset.armed = "yes";
  button.textContent = `Sure? ${button.textContent}`;
  outcomeOf(button).textContent = button.title;
}

function outcomeOf(button) {
  return button.closest("article").querySelector(".outcome");
}

async function decide(button) {
  const card = button.closest("article");
  const buttons = card.querySelectorAll("button");
  buttons.forEach((each) => { each.disabled = true; });
  let text;
  try {
    const answer = await fetch(button.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Requested-With": "invoicing" },
      body: JSON.stringify({ action: button.dataset.action }),
    });
    const said = await answer.json();
    if (answer.ok) {
      disarm(button);
      card.classList.add("settled");
      outcomeOf(button).textContent = `Done: ${button.textContent.toLowerCase()}.`;
      return;
    }
    text = said.error;
  } catch (error) {
    text = "Airflow did not answer; try again.";
  }
  buttons.forEach((each) => { each.disabled = false; });
  disarm(button);
  outcomeOf(button).textContent = text;
}

document.querySelectorAll("button[data-action]").forEach((button) => {
  button.addEventListener("click", () => (button.dataset.armed ? decide(button) : arm(button)));
  button.addEventListener("blur", () => { if (!button.disabled) disarm(button); });
});
