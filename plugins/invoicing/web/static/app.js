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

/* A button only opens a panel that says what would happen; the button in the panel does it. */
function cardOf(element) {
  return element.closest("article, [data-acts]");
}

function say(card, text, tone) {
  const outcome = card.querySelector(".outcome");
  outcome.textContent = text;
  outcome.className = `outcome ${tone}`;
}

function show(card, wanted) {
  card.querySelectorAll(".panel").forEach((panel) => { panel.hidden = panel !== wanted; });
  card.querySelectorAll("[data-panel]").forEach((opener) => {
    opener.setAttribute("aria-expanded", String(wanted !== null && opener.dataset.panel === wanted.id));
  });
}

function open(opener) {
  const card = cardOf(opener);
  const panel = document.getElementById(opener.dataset.panel);
  if (!panel.hidden) {
    show(card, null);
    return;
  }
  show(card, panel);
  say(card, "", "");
  (panel.querySelector("input:not([type=hidden]), select") || panel.querySelector("[data-send]")).focus();
}

function close(panel) {
  const opener = document.querySelector(`[data-panel="${panel.id}"]`);
  show(cardOf(panel), null);
  opener.focus();
}

/* Nothing is sent while a field is missing or the box of what is final is not ticked. */
function missing(panel) {
  const empty = [...panel.querySelectorAll("[required]")].find((field) => !field.value.trim());
  if (empty) {
    empty.focus();
    return `Please fill in: ${empty.closest("label").firstChild.textContent.trim().toLowerCase()}.`;
  }
  const sure = panel.querySelector("[data-sure]");
  if (sure && !sure.checked) {
    sure.focus();
    return "Please tick the box first: this cannot be taken back.";
  }
  return "";
}

function fieldsOf(panel) {
  const named = [...panel.querySelectorAll("[name]")].filter((field) => field.value.trim());
  return Object.fromEntries(named.map((field) => [field.name, field.value.trim()]));
}

async function post(url, fields) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Requested-With": "invoicing" },
    body: JSON.stringify(fields),
  });
  return { ok: answer.ok, ...(await answer.json()) };
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

async function send(button) {
  const panel = button.closest(".panel");
  const card = cardOf(panel);
  const lack = missing(panel);
  if (lack) {
    say(card, lack, "failed");
    return;
  }
  const buttons = card.querySelectorAll("button");
  buttons.forEach((each) => { each.disabled = true; });
  say(card, "Working on it…", "");
  const said = await post(panel.dataset.url, fieldsOf(panel)).catch(
    () => ({ error: "Airflow did not answer; look again whether it was done, then try again" }),
  );
  if (said.ok) {
    show(card, null);
    card.classList.add("settled");
    const label = button.textContent.trim();
    const isPlain = said.done === fieldsOf(panel).action;
    say(card, isPlain ? `Done: ${label.toLowerCase()}.` : sentence(said.done), "done");
    if (card.matches("[data-acts]")) offerReload(card);
    return;
  }
  buttons.forEach((each) => { each.disabled = false; });
  say(card, sentence(said.error || "this did not work"), "failed");
  button.focus();
}

function offerReload(card) {
  const link = document.createElement("a");
  link.href = "";
  link.textContent = "Show the page as it is now";
  card.querySelector(".outcome").append(" ", link);
}

document.querySelectorAll("button[data-panel]").forEach((opener) => {
  opener.addEventListener("click", () => open(opener));
});
document.querySelectorAll(".panel").forEach((panel) => {
  panel.querySelector("[data-send]").addEventListener("click", (event) => send(event.target));
  panel.querySelector("[data-close]").addEventListener("click", () => close(panel));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(panel);
    if (event.key === "Enter" && event.target.matches("input[type=text]")) {
      send(panel.querySelector("[data-send]"));
    }
  });
});

document.querySelectorAll("input[data-goto]").forEach((field) => {
  field.addEventListener("keydown", (event) => {
    const wanted = field.value.trim();
    if (event.key === "Enter" && wanted) {
      window.location.assign(field.dataset.goto + encodeURIComponent(wanted));
    }
  });
});
