// What every staff page does: shortcuts, dialogs, the list under the keys, focus on errors.
// Everything here only speeds up what links and forms already do.

import { KEYS_OFF, quiet, singleKeys } from "./keys.js";

const open = (id) => {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener && document.getElementById(opener.dataset.open)) {
    event.preventDefault();
    open(opener.dataset.open);
  }
  if (event.target.closest("[data-help]")) open("help");
  const closer = event.target.closest("[data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  if (event.target.tagName === "DIALOG") event.target.close();
  if (event.target.closest("[data-print]")) window.print();
  const copier = event.target.closest("[data-copy]");
  if (copier && navigator.clipboard) {
    navigator.clipboard.writeText(copier.dataset.copy).then(() => copier.classList.add("copied"));
  }
});

// --- A form is sent once; a chosen filter is applied at once. ---
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post" && form.hasAttribute("data-once")) form.dataset.sent = "1";
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-shows]")) fit(event.target);
});
// --- What is chosen says which fields are asked for; without scripts each says for what it is. ---
const fit = (chooser) => {
  chooser.form.querySelectorAll(`[data-${chooser.dataset.shows}]`).forEach((one) => {
    const asked = one.dataset[chooser.dataset.shows].split(" ").includes(chooser.value);
    one.toggleAttribute("hidden", !asked && !one.querySelector(".err")); // what is wrong is shown
    one.querySelector("[data-plain]").setAttribute("hidden", "");
  });
};
const fitAll = () => document.querySelectorAll("[data-shows]").forEach(fit);
fitAll();
addEventListener("pageshow", fitAll); // a page come back to keeps what was chosen
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// --- The list: J and K move, Enter opens, a click selects. ---
const list = () => document.querySelector("[data-list] tbody");
const rows = () => [...list().querySelectorAll("tr[data-href]")];
let chosen = "";
const mark = (row) => {
  chosen = row.id;
  rows().forEach((other) => other.classList.toggle("on", other === row));
};
const select = (row) => {
  mark(row);
  row.scrollIntoView({ block: "nearest" });
  row.dispatchEvent(new CustomEvent("row-selected", { bubbles: true }));
};
// A list refreshed from the server keeps the row that was chosen.
document.addEventListener("htmx:after:swap", () => {
  const kept = chosen && document.getElementById(chosen);
  if (kept && !kept.classList.contains("on")) mark(kept);
});
const move = (step) => {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("on"));
  select(all[Math.max(0, Math.min(all.length - 1, at + step))]);
};
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-list] tr[data-href]");
  if (row && !event.target.closest("a,button,form,input")) select(row);
});
document.addEventListener("dblclick", (event) => {
  const row = event.target.closest("[data-list] tr[data-href]");
  if (row) location.href = row.dataset.href;
});

const press = (target) => {
  if (target.tagName === "INPUT") target.focus();
  else target.click();
};
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const scope = document.querySelector("dialog[open]") || document;
    const target = scope.querySelector("[data-chord]");
    if (target && !event.isComposing) {
      event.preventDefault();
      press(target);
    }
    return;
  }
  if (quiet(event)) return;
  const key = event.key.toLowerCase();
  if (key === "?") {
    event.preventDefault();
    open("help");
    return;
  }
  if (list()) {
    const steps = { j: 1, k: -1 };
    if (key in steps) {
      move(steps[key]);
      return;
    }
    const on = list().querySelector("tr.on");
    if (key === "enter" && on && !event.target.closest("a,button")) {
      location.href = on.dataset.href;
      return;
    }
    const inRow = on && on.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
    if (inRow) {
      event.preventDefault();
      press(inRow);
      return;
    }
  }
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (target) {
    event.preventDefault();
    press(target);
  }
});

// --- Who does nothing is signed out, and told some time before. A page that refreshes itself
// keeps nobody signed in. ---
const idle = document.getElementById("idle");
let warning;
const busy = () => {
  if (!idle) return;
  idle.setAttribute("hidden", "");
  clearTimeout(warning);
  warning = setTimeout(() => idle.removeAttribute("hidden"), idle.dataset.after * 1000);
};
// Who is signed out already is sent to sign in: the warning stays, for it has come true.
const stay = async () => {
  const answer = await fetch(idle.dataset.stay);
  if (answer.ok && !answer.redirected) busy();
};
if (idle) idle.querySelector("button").addEventListener("click", stay);
busy();
document.addEventListener("busy", busy); // of other scripts that ask the server
const looks = (ctx) => ctx?.sourceElement.getAttribute("hx-trigger")?.startsWith("every");
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (looks(ctx)) {
    ctx.request.headers["X-Unattended"] = "1";
    ctx.request.timeout = "10s";
  } else busy();
});

// --- The connection. A page that looks for itself and gets no answer keeps what it shows and says so;
// where it is marked data-live, its forms wait for the next answer: it may show what is over. ---
const offline = document.getElementById("offline");
const lost = (is) => {
  offline?.toggleAttribute("hidden", !is);
  document.querySelectorAll(`[data-live] form button${is ? ":enabled" : "[data-lost]"}`).forEach((button) => {
    button.disabled = is;
    button.toggleAttribute("data-lost", is);
  });
};
addEventListener("offline", () => lost(true));
addEventListener("online", () => document.querySelector('[hx-trigger^="every"]') || lost(false));
document.addEventListener("htmx:error", ({ detail: { ctx } }) => looks(ctx) && lost(true));
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!looks(ctx)) return;
  const broken = ctx.response.status >= 500;
  if (broken) event.preventDefault(); // no page of errors in its place
  lost(broken);
});

// --- Start of the page. ---
const peek = document.querySelector("[data-select-first]");
if (peek && peek.offsetParent && list() && rows().length) addEventListener("load", () => setTimeout(() => select(rows()[0])));
document.querySelectorAll("[data-help][hidden]").forEach((button) => button.removeAttribute("hidden"));
const box = document.querySelector("[data-single-keys]");
if (box) {
  box.checked = singleKeys();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
}
// A message over a page that fills the window goes away by itself, unless somebody is reading it.
const told = document.querySelector(".main.flush > .msgs");
if (told) setInterval(() => !told.matches(":hover,:focus-within") && told.remove(), 8000);
