// Intake: fields checked as they are typed by the server's own rules, files sent one by one with
// progress, the draft saved while the clerk works.

const form = document.querySelector("[data-intake]");
const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
const PAUSE = 500;
const SAVE_EVERY = 10000;
const CLICK = 50; // a touch is over before its click comes
const LONGEST_PRESS = 2000; // a menu of the system may swallow the end of a press
const BEHIND = "applications.content_changed"; // another page of the same person saved meanwhile

const post = (url, values) => {
  const body = new URLSearchParams(values);
  body.set("csrfmiddlewaretoken", token());
  document.dispatchEvent(new Event("busy"));
  return fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
};

// --- Live validation ---
const line = (box) => {
  const id = `${box.id}_live`;
  let node = document.getElementById(id);
  if (!node) {
    node = document.createElement("span");
    node.id = id;
    node.setAttribute("role", "status");
    box.closest(".field").append(node);
  }
  return node;
};
// What was wrong with it and no longer is leaves the lists at the top.
const settled = (anchor) => {
  document.querySelectorAll(`[data-problems] a[href="#${CSS.escape(anchor)}"]`).forEach((link) => {
    const list = link.closest("[data-problems]");
    const title = list.querySelector("b");
    link.closest("li").remove();
    const left = list.querySelectorAll("li").length;
    title.textContent = title.textContent.replace(/\d+/, left);
    list.hidden = left === 0;
  });
};
const tell = (box, verdict) => {
  const node = line(box);
  const old = document.getElementById(`${box.id}_error`);
  if (old) old.remove();
  node.className = verdict.ok ? "good" : "err";
  node.textContent = verdict.sentence || "";
  if (verdict.ok) settled(box.id);
  if (verdict.ok) box.removeAttribute("aria-invalid");
  else box.setAttribute("aria-invalid", "true");
  box.setAttribute("aria-describedby", node.id);
};
// A verdict moves the buttons below it. It waits while one is held down, or its press would be lost.
let released = Promise.resolve();
let release = () => {};
document.addEventListener("pointerdown", () => {
  released = new Promise((done) => {
    release = () => setTimeout(done, CLICK);
    setTimeout(done, LONGEST_PRESS);
  });
});
["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, () => release()));
const judged = (box) => form.dataset.checks.split(" ").includes(box.name) && box.tagName === "INPUT";
const check = async (box) => {
  if (!box.value.trim()) return;
  const asked = box.value;
  const kind = form.elements[box.name.replace("number", "type")];
  const values = { field: box.name, value: asked, document_type: kind ? kind.value : "" };
  try {
    const answer = await post(form.dataset.checkUrl, values);
    const verdict = answer.ok && (await answer.json());
    await released;
    if (verdict && box.value === asked) tell(box, verdict);
  } catch {
    /* no line to the server: the form itself is checked again when it is sent */
  }
};
const waiting = new WeakMap();
if (form && form.dataset.checkUrl) {
  form.addEventListener("input", (event) => {
    const box = event.target;
    if (!judged(box) || event.isComposing) return;
    clearTimeout(waiting.get(box));
    waiting.set(box, setTimeout(() => check(box), PAUSE));
  });
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.tagName !== "SELECT" || !box.value) return;
    document.getElementById(`${box.id}_error`)?.remove();
    box.removeAttribute("aria-invalid");
    settled(box.id);
  });
  form.addEventListener("focusout", (event) => {
    if (!judged(event.target)) return;
    clearTimeout(waiting.get(event.target));
    check(event.target);
  });
}

// --- The draft ---
let dirty = false;
const saved = document.querySelector("[data-saved]");
const keep = async () => {
  if (!dirty || !form.dataset.draftUrl) return;
  dirty = false;
  const values = new URLSearchParams();
  new FormData(form).forEach((value, name) => {
    if (typeof value === "string") values.append(name, value);
  });
  const version = form.elements.content_version;
  let failed = saved?.dataset.failed;
  try {
    const answer = await post(form.dataset.draftUrl, values);
    const said = await answer.json();
    if (said.rule) failed = said.rule === BEHIND ? saved?.dataset.behind : said.reason;
    if (!answer.ok) throw new Error(answer.status);
    version.value = said.version;
    if (saved) saved.textContent = said.sentence;
    if (saved) saved.classList.remove("off");
  } catch {
    dirty = true;
    if (saved) saved.textContent = failed;
    if (saved) saved.classList.add("off");
  }
};
if (form) {
  form.addEventListener("input", () => {
    dirty = true;
  });
  form.addEventListener("submit", () => {
    dirty = false;
  });
  setInterval(keep, SAVE_EVERY);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      keep();
    }
  });
}

// --- Files: each by itself, with progress, its own error and another try ---
const row = (slot, file) => {
  const template = document.getElementById("upload-row");
  const node = template.content.firstElementChild.cloneNode(true);
  node.querySelector("[data-file]").textContent = file.name;
  slot.querySelector("[data-uploads]").append(node);
  return node;
};
const send = (slot, file, node) => {
  const call = new XMLHttpRequest();
  const bar = node.querySelector("progress");
  const error = node.querySelector("[data-error]");
  const retry = node.querySelector("[data-retry]");
  const body = new FormData();
  const values = new FormData(slot.querySelector("form.add"));
  values.forEach((value, name) => {
    if (typeof value === "string") body.append(name, value);
  });
  body.append("file", file);
  error.textContent = "";
  retry.hidden = true;
  bar.hidden = false;
  call.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
  });
  return new Promise((done) => {
    const fail = (sentence) => {
      bar.hidden = true;
      error.textContent = sentence;
      retry.hidden = false;
      retry.onclick = () => again(slot, file, node);
      done(false);
    };
    call.addEventListener("error", () => fail(slot.dataset.offline));
    call.addEventListener("load", () => {
      if (call.status < 300) return done(true);
      try {
        return fail(JSON.parse(call.responseText).reason);
      } catch {
        return fail(slot.dataset.offline);
      }
    });
    call.open("POST", slot.querySelector("form.add").action);
    call.setRequestHeader("Accept", "application/json");
    call.send(body);
  });
};

// What the server says now: slots that are not being filled this moment, the version, what is left.
const refresh = async () => {
  const answer = await fetch(form.dataset.pageUrl);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelectorAll("[data-slot]").forEach((slot) => {
    const then = fresh.getElementById(slot.id);
    if (then && !then.classList.contains("miss")) settled(slot.id);
    if (then && !slot.dataset.busy) slot.replaceWith(document.importNode(then, true));
  });
  ["evidence-count", "why"].forEach((id) => {
    document.getElementById(id).textContent = fresh.getElementById(id).textContent;
  });
  const version = fresh.querySelector("[name=content_version]");
  if (version && !dirty) form.elements.content_version.value = version.value;
  arm();
};
const again = async (slot, file, node) => {
  if (!(await send(slot, file, node))) return;
  node.remove();
  delete slot.dataset.busy;
  await refresh();
};
const take = async (slot, files) => {
  slot.dataset.busy = "1";
  await keep();
  const sent = [];
  for (const file of files) sent.push(await send(slot, file, row(slot, file)));
  if (sent.every(Boolean)) delete slot.dataset.busy;
  if (sent.some(Boolean)) await refresh();
};
const arm = () => {
  document.querySelectorAll("[data-slot]").forEach((slot) => {
    const input = slot.querySelector("input[type=file]");
    if (!input || slot.dataset.armed) return;
    slot.dataset.armed = "1";
    input.closest(".pickfile").classList.add("armed");
    slot.querySelectorAll("[data-plain]").forEach((button) => button.setAttribute("hidden", ""));
    input.addEventListener("change", () => take(slot, [...input.files]));
    slot.addEventListener("dragover", (event) => event.preventDefault());
    slot.addEventListener("drop", (event) => {
      event.preventDefault();
      take(slot, [...event.dataTransfer.files]);
    });
  });
};
arm();

// --- Another form of the page is sent: what was typed here is kept first ---
document.addEventListener("submit", async (event) => {
  const other = event.target;
  if (!form || other === form || !dirty || other.method !== "post" || other.dataset.kept) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  await keep();
  other.dataset.kept = "1";
  other.requestSubmit(button || undefined);
}, true);

// --- A request in a file is put where requests are pasted ---
const TOO_LONG = 40000; // bytes; the server says why
const armoured = (bytes) =>
  ["-----BEGIN CERTIFICATE REQUEST-----", ...btoa(bytes).match(/.{1,64}/g), "-----END CERTIFICATE REQUEST-----", ""].join("\n");
const file = document.querySelector("[data-request-file]");
if (file) {
  document.querySelector("[data-request-pick]").removeAttribute("hidden");
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (!chosen) return;
    const text = String.fromCharCode(...new Uint8Array(await chosen.slice(0, TOO_LONG).arrayBuffer()));
    file.form.elements.request.value = text.includes("-----BEGIN") ? text : armoured(text);
  });
}
