// The review page: fields under the keys, the document beside them, verdicts saved one by one.

import { quiet } from "./keys.js";
import { Viewer } from "./viewer.js";

const page = document.querySelector("[data-review]");
const rows = () => [...page.querySelectorAll("[data-row]")];
let code = null;

const mark = (row, focus) => {
  if (!row) return;
  code = row.dataset.row;
  rows().forEach((other) => {
    other.classList.toggle("on", other === row);
    other.tabIndex = other === row ? 0 : -1;
  });
  if (focus) row.focus({ preventScroll: true });
};
// The viewer follows a field that somebody picks, never one that was merely drawn again.
const pick = (row, focus = true) => {
  if (!row) return;
  mark(row, focus);
  row.scrollIntoView({ block: "nearest" });
  viewer.follow(row.dataset.document);
};
const at = () => Math.max(0, rows().findIndex((row) => row.dataset.row === code));
const step = (by) => pick(rows()[Math.max(0, Math.min(rows().length - 1, at() + by))]);

// --- The applicant's message, as it is being written ---
const preview = () => {
  const form = document.getElementById("return-form");
  if (!form) return;
  const place = form.querySelector("[data-message-preview]");
  const chosen = [...form.querySelectorAll("[name=reasons]:checked")].map((box) => box.parentElement.textContent.trim());
  const text = [...chosen, form.elements.message.value.trim()].filter(Boolean).join(place.dataset.joint);
  place.textContent = text || place.dataset.empty;
};

// --- Saving: one request after the other, each drawn before the next is sent ---
let queue = Promise.resolve();
const parse = (text) => new DOMParser().parseFromString(text, "text/html");
const swap = (id, from) => {
  const fresh = from.getElementById(id);
  if (fresh) document.getElementById(id).replaceWith(document.importNode(fresh, true));
};
const say = (node) => {
  const notice = document.getElementById("notice");
  notice.replaceChildren(...node);
  notice.scrollIntoView({ block: "nearest" });
};
const send = async (url, values) => {
  const body = values && new URLSearchParams(values);
  const scroll = page.querySelector("#facts .body").scrollTop;
  let answer;
  try {
    document.dispatchEvent(new Event("busy"));
    answer = await fetch(url, { method: body ? "POST" : "GET", body, headers: { "HX-Request": "true" } });
  } catch {
    document.getElementById("offline").removeAttribute("hidden");
    return false;
  }
  const from = parse(await answer.text());
  if (!answer.ok) {
    say([...document.importNode(from.body, true).childNodes]);
    return false;
  }
  swap("facts", from);
  swap("decide", from);
  marks();
  const dialog = document.getElementById("return");
  if (dialog && !dialog.open) {
    swap("return-form", from);
    preview();
  }
  page.querySelector("#facts .body").scrollTop = scroll;
  mark(rows()[at()], document.activeElement === document.body);
  return true;
};

// --- Who has been shown every page has opened the document: the server knows, the marks follow ---
const marks = () => {
  const opened = document.getElementById("facts").dataset.opened.split(" ");
  viewer.links.forEach((link) => {
    link.querySelector("[data-mark]").toggleAttribute("hidden", !opened.includes(link.dataset.document));
  });
};
const seen = (link) => {
  if (link.querySelector("[data-mark]").hasAttribute("hidden")) queue = queue.then(() => send(location.href));
};
const viewer = new Viewer(page.querySelector("[data-viewer]"), seen);

const save = (form, button) => {
  const values = new FormData(form);
  if (button && button.name) values.set(button.name, button.value);
  queue = queue.then(() => send(form.getAttribute("action"), values)).then((done) => done || undo(form));
};
page.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-save]")) return;
  event.preventDefault();
  const row = event.target.closest("[data-row]");
  if (row) code = row.dataset.row;
  if (event.submitter) press(event.submitter);
  save(event.target, event.submitter);
});
const press = (button) => {
  const group = button.closest(".yn");
  if (!group) return;
  group.querySelectorAll("button").forEach((other) => {
    other.dataset.was = other.dataset.was || other.getAttribute("aria-pressed");
    other.setAttribute("aria-pressed", String(other === button));
  });
};
// What was not saved must not look as if it were.
const undo = (form) => form.querySelectorAll("[data-was]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.was));
const verdict = (value) => {
  const row = rows()[at()];
  const button = row && row.querySelector(`button[value="${value}"]`);
  if (!button) return;
  if (value === "agrees" && "unseen" in row.dataset) {
    row.querySelector("[data-open=reveal]").click(); // a masked value is looked at first
    return;
  }
  press(button);
  save(button.form, button);
  if (value === "agrees") step(1);
};

page.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("button,a")) pick(row);
  const tab = event.target.closest("[data-tabs] a, a[data-tab]");
  if (tab && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    history.replaceState(null, "", tab.href);
    queue = queue.then(() => send(tab.href));
  }
});

// --- A whole value is shown for some seconds, a whole file for a stated purpose ---
const reveal = document.getElementById("reveal");
document.addEventListener("click", (event) => {
  const opener = event.target.closest('[data-open="reveal"]');
  if (!opener) return;
  reveal.querySelector("[name=field]").value = opener.dataset.field;
  reveal.querySelector("[data-what]").textContent = opener.dataset.label;
});
reveal.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const place = form.querySelector("[data-revealed]");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" } });
  place.replaceChildren(...document.importNode(parse(await answer.text()).body, true).childNodes);
  setTimeout(() => place.replaceChildren(), 1000 * form.dataset.seconds);
  if (answer.ok) queue = queue.then(() => send(location.href)); // it may be agreed to from now on
});
reveal.addEventListener("close", () => reveal.querySelector("[data-revealed]").replaceChildren());
const original = document.getElementById("original");
if (original) {
  original.addEventListener("submit", () => {
    original.querySelector("form").action = viewer.current.dataset.originalUrl;
    setTimeout(() => original.close());
  });
}

document.addEventListener("keydown", (event) => {
  if (quiet(event)) return;
  const key = event.key.toLowerCase();
  if (key === "y" && event.shiftKey) {
    const all = page.querySelector("[data-agree]");
    if (all) save(all.form, all);
    return;
  }
  if (/^[1-9]$/.test(key)) {
    viewer.show(viewer.links[Number(key) - 1]);
    return;
  }
  const inRow = event.target.closest("[data-row]");
  const acts = {
    j: () => step(1),
    k: () => step(-1),
    arrowdown: inRow && (() => step(1)),
    arrowup: inRow && (() => step(-1)),
    y: () => verdict("agrees"),
    x: () => verdict("differs"),
    "+": () => viewer.act("in"),
    "=": () => viewer.act("in"),
    "-": () => viewer.act("out"),
    0: () => viewer.act("fit"),
    r: () => viewer.act("rotate"),
    g: () => viewer.act("grey"),
    p: () => viewer.act("pin"),
    "[": () => viewer.act("back"),
    "]": () => viewer.act("forward"),
  };
  if (acts[key]) {
    event.preventDefault();
    acts[key]();
  }
});

document.addEventListener("input", (event) => {
  if (event.target.closest("#return-form")) preview();
});
preview();
pick(rows().find((row) => row.classList.contains("bad")) || rows()[0], false);
