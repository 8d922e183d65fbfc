// Votes are signed by the voter's own key, which this browser keeps and nobody can take out of it.
// A form marked data-signs carries the digest of what it shows; pki/votes.py says what is signed.

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const text = new TextEncoder();

const hex = (octets) => [...new Uint8Array(octets)].map((one) => one.toString(16).padStart(2, "0")).join("");
const sha256 = async (octets) => hex(await crypto.subtle.digest("SHA-256", octets));
const statement = (fields) => text.encode(JSON.stringify(fields, Object.keys(fields).sort()));
const sign = async (key, fields) => hex(await crypto.subtle.sign(SIGNING, key, statement(fields)));

// --- The browser's store: fingerprint -> private key that cannot be exported. ---
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const store = async (mode) => {
  const opening = indexedDB.open("anxin", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
  return (await settled(opening)).transaction("keys", mode).objectStore("keys");
};
const kept = async (fingerprint) => settled((await store("readonly")).get(fingerprint));

const put = (form, name, value) => {
  const field = form.querySelector(`input[name="${name}"]`) || form.appendChild(document.createElement("input"));
  field.type = "hidden";
  field.name = name;
  field.value = value;
};
const tell = (form) => {
  const place = form.querySelector(".body") || form; // of a dialog, which hides what lies behind it
  form.setAttribute("hx-morph-skip", ""); // a page that looks again does not take it away
  if (!place.querySelector("[data-no-key]")) place.prepend(document.getElementById("no-key-here").content.cloneNode(true));
};

// --- A vote. ---
const signed = async (form, submitter) => {
  const answer = await fetch(`/approvals/statement/?seen=${encodeURIComponent(form.dataset.signs)}`);
  if (!answer.ok || answer.redirected) return true; // the server says why
  const { fingerprint, fields } = await answer.json();
  if (!fingerprint) return true; // no key in use: the house decides whether it needs one
  const key = await kept(fingerprint);
  if (!key) {
    tell(form);
    return false;
  }
  const given = new FormData(form);
  const chosen = submitter?.name === "grants" ? submitter.value : form.dataset.decision;
  const comment = (given.get("comment") || "").replace(/\r\n?/g, "\n");
  const whole = { ...fields, decision: chosen, comment: await sha256(text.encode(comment)) };
  put(form, "signature", `${fields.at} ${await sign(key, whole)}`);
  return true;
};
// --- What somebody attests: the form carries the fields, one of which may be the digest of a reason; or it
// names a part of the page that carries them and is kept fresh, so that a page that is open for long still signs. ---
const attested = async (form) => {
  const said = form.dataset.attests;
  const { fingerprint, fields } = JSON.parse(said.startsWith("#") ? document.querySelector(said).dataset.says : said);
  const key = await kept(fingerprint);
  if (!key) {
    tell(form);
    return false;
  }
  const whole = { ...fields };
  if (form.dataset.reason) {
    const reason = (new FormData(form).get("reason") || "").trim().replace(/\s+/g, " ");
    whole[form.dataset.reason] = await sha256(text.encode(reason));
  }
  put(form, "signature", `${fields.at} ${await sign(key, whole)}`);
  return true;
};
// Before the listener that lets a form out only once, and before all others.
addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("form[data-signs],form[data-attests]") || !window.crypto?.subtle || form.dataset.passed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.signing) return;
    form.dataset.signing = "1";
    const { submitter } = event;
    const act = form.dataset.attests ? attested(form) : signed(form, submitter);
    act
      .catch(() => true) // without a signature the server refuses and says why
      .then((go) => {
        delete form.dataset.signing;
        if (!go) return;
        form.dataset.passed = "1";
        form.requestSubmit(submitter);
        delete form.dataset.passed;
      });
  },
  true,
);

// --- A second factor: offered where this browser has the key of the certificate. ---
const proving = document.querySelector("[data-certificate]");
if (proving && window.crypto?.subtle && window.indexedDB) {
  const { fingerprint, fields } = JSON.parse(proving.dataset.certificate);
  kept(fingerprint)
    .then((key) => {
      if (!key) return;
      proving.removeAttribute("hidden");
      proving.querySelector("button").addEventListener("click", async () => {
        const form = proving.closest("form");
        put(form, proving.dataset.field, await sign(key, fields));
        form.requestSubmit();
      });
    })
    .catch(() => undefined); // no store, no offer: a code does as well
}

// --- A new key. ---
const making = document.querySelector("form[data-makes-key]");
if (making && window.crypto?.subtle && window.indexedDB) {
  const button = making.querySelector("button");
  button.removeAttribute("hidden");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
    const fingerprint = await sha256(spki);
    await settled((await store("readwrite")).put(pair.privateKey, fingerprint));
    const claim = { what: "anxin operator key 1", key: fingerprint, voter: making.dataset.makesKey };
    put(making, "public_key", hex(spki));
    put(making, "proof", await sign(pair.privateKey, claim));
    making.requestSubmit();
  });
} else if (making) document.getElementById("no-key-store").removeAttribute("hidden");
