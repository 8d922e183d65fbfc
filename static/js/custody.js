// A custodian's share: taken over from the signer, kept in a file under a passphrase, brought to an
// activation (docs/decisions/0013). It is opened here and nowhere else, and leaves sealed to the
// signer. What is said to people stands in the page, as templates.

import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "../vendor/hpke.js";

const EC = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const FORMAT = "anxin share file 1";
const BY_COMMAND = "anxin share file 2"; // Argon2id, which no browser has: the command line opens it
const KDF = "PBKDF2-HMAC-SHA-512";
const ROUNDS = 600000;
const MOST_ROUNDS = 10000000;
const PASSPHRASE = 12; // characters at least
const ENC = 65; // octets of the encapsulated key
const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

const text = new TextEncoder();
const hex = (octets) => [...new Uint8Array(octets)].map((one) => one.toString(16).padStart(2, "0")).join("");
const octets = (digits) => {
  if (typeof digits !== "string" || !/^([0-9a-f]{2})*$/.test(digits)) throw new Error("no hexadecimal");
  return Uint8Array.from(digits.match(/../g) || [], (two) => parseInt(two, 16));
};
const digest = async (data) => hex(await crypto.subtle.digest("SHA-256", data));
// As pki/statements.py has it: keys sorted, no spaces, every value a string.
const encoded = (fields) => text.encode(JSON.stringify(fields, Object.keys(fields).sort()));
const sign = async (key, fields) => hex(await crypto.subtle.sign(SIGNING, key, encoded(fields)));

// What went wrong is a code; the page has the words for it.
class Said extends Error {}
const unless = (good, code) => {
  if (!good) throw new Said(code);
};
const orSay = (promise, code) =>
  promise.catch(() => {
    throw new Said(code);
  });

// --- The page. ---
const put = (form, name, value) => {
  form.elements[name].value = value;
};
const tell = (form, code) => {
  const place = form.querySelector("[data-said]");
  const words = document.getElementById("custody-says").content;
  const said = words.querySelector(`[data-say="${code}"]`) || words.querySelector("[data-say=failed]");
  place.replaceChildren(said.cloneNode(true));
  place.scrollIntoView({ block: "nearest" });
};
const guarded = (form, act) => async (event) => {
  event?.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  form.setAttribute("aria-busy", "true");
  form.querySelector("[data-said]").replaceChildren();
  try {
    await act();
  } catch (problem) {
    tell(form, problem instanceof Said ? problem.message : "failed");
  } finally {
    delete form.dataset.busy;
    form.removeAttribute("aria-busy");
  }
};

// --- The browser's store: keys of a seat until its share is in the file. ---
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const store = async (mode) => {
  const opening = indexedDB.open("anxin-custody", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("seats");
  return (await settled(opening)).transaction("seats", mode).objectStore("seats");
};
const keep = async (seat, keys) => settled((await store("readwrite")).put(keys, seat));
const kept = async (seat) => settled((await store("readonly")).get(seat));
const forget = async (seat) => settled((await store("readwrite")).delete(seat));

// --- What the signer says, believed only under its own key. ---
const signedBy = async (identity, signature, statement) => {
  const key = await crypto.subtle.importKey("spki", octets(identity), EC, false, ["verify"]);
  return crypto.subtle.verify(SIGNING, key, octets(signature), text.encode(statement));
};
const checkValue = async (secret, set, number) => {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
  const full = await crypto.subtle.sign("HMAC", key, text.encode(`anxin check 1|${set}|${number}`));
  return hex(full).slice(0, 16);
};

// --- The share file. ---
const fileKey = async (passphrase, salt, rounds) => {
  const typed = await crypto.subtle.importKey("raw", text.encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-512", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
};
const sealFile = async (about, inside, passphrase) => {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const header = { format: FORMAT, ...about, kdf: KDF, rounds: String(ROUNDS), salt: hex(salt), iv: hex(iv) };
  const key = await fileKey(passphrase, salt, ROUNDS);
  const how = { name: "AES-GCM", iv, additionalData: encoded(header) };
  const sealed = hex(await crypto.subtle.encrypt(how, key, encoded(inside)));
  return JSON.stringify({ ...header, sealed }, null, 1);
};
const parsed = (content) => {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
};
const readFile = (content) => {
  const fields = parsed(content);
  unless(fields && typeof fields === "object", "file");
  unless(fields.format !== BY_COMMAND, "file-command");
  const rounds = Number(fields.rounds);
  const known = fields.format === FORMAT && fields.kdf === KDF && rounds >= ROUNDS && rounds <= MOST_ROUNDS;
  unless(known && Object.values(fields).every((one) => typeof one === "string"), "file");
  return fields;
};
const openSealed = async (fields, passphrase) => {
  const { sealed, ...header } = fields;
  const key = await fileKey(passphrase, octets(header.salt), Number(header.rounds));
  const how = { name: "AES-GCM", iv: octets(header.iv), additionalData: encoded(header) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, octets(sealed))));
};
const openFile = async (fields, passphrase) => {
  const inside = await openSealed(fields, passphrase);
  return {
    share: octets(inside.share),
    key: await crypto.subtle.importKey("pkcs8", octets(inside.key), EC, false, ["sign"]),
  };
};
const download = (content, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};

// --- A seat is taken: keys are made. ---
const enrolling = (form) => async () => {
  const custodian = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const transport = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  await orSay(keep(form.dataset.seat, { custodian, transport }), "store");
  put(form, "key", hex(await crypto.subtle.exportKey("spki", custodian.publicKey)));
  put(form, "transport", hex(await crypto.subtle.exportKey("raw", transport.publicKey)));
  form.requestSubmit();
};

// --- A share is handed out: opened, checked, put into the file; then the receipt. ---
const taking = (form) => async () => {
  const [first, second] = form.querySelectorAll("input[type=password]");
  unless([...first.value].length >= PASSPHRASE, "passphrase-short");
  unless(first.value === second.value, "passphrase-differs");
  const keys = await kept(form.dataset.seat).catch(() => undefined);
  unless(keys, "keys-elsewhere");
  const { statement, signature, sealed, identity } = JSON.parse(form.dataset.handed);
  const said = JSON.parse(statement);
  const own = await digest(await crypto.subtle.exportKey("spki", keys.custodian.publicKey));
  const ours = said.what === "anxin share handed out 1" && said.key === own;
  unless(ours && said.number === form.dataset.number, "keys-elsewhere");
  const known = (await digest(octets(identity))) === said.signer;
  unless(known && (await signedBy(identity, signature, statement)), "signer");
  const both = octets(sealed);
  const opening = async () => {
    const recipient = { recipientKey: keys.transport, enc: both.slice(0, ENC), info: text.encode(statement) };
    return (await suite.createRecipientContext(recipient)).open(both.slice(ENC));
  };
  const share = new Uint8Array(await orSay(opening(), "not-opened"));
  unless((await checkValue(share, said.set, said.number)) === said.check, "not-opened");
  const { set, signer, number, person } = said;
  const inside = { share: hex(share), key: hex(await crypto.subtle.exportKey("pkcs8", keys.custodian.privateKey)) };
  share.fill(0);
  const about = { set, signer, number, person, name: form.dataset.name };
  download(await sealFile(about, inside, first.value), `anxin-share-${number}-${set.slice(0, 8)}.json`);
  const fields = { what: "anxin share received 1", signer, set, number, check: said.check };
  put(form, "receipt", await sign(keys.custodian.privateKey, fields));
  first.value = second.value = "";
  form.querySelector("[data-first]").setAttribute("hidden", "");
  form.querySelector("[data-then]").removeAttribute("hidden");
  form.querySelector("[data-then] button").focus();
};
const receipting = (form) => async () => {
  unless(form.elements.receipt.value, "failed");
  await forget(form.dataset.seat).catch(() => undefined);
  form.requestSubmit();
};

// --- An activation: the share is opened here and sealed to the signer. ---
const chosenFile = async (form) => {
  const [file] = form.querySelector("input[type=file]").files;
  unless(file, "no-file");
  return readFile(await file.text());
};
const checkOffer = async (form, fields) => {
  const { statement, signature, identity, number, newcomers, script } = JSON.parse(form.dataset.offer);
  const offer = JSON.parse(statement);
  unless(fields.number === number, "other-seat");
  unless(fields.set === offer.set, "other-set");
  const known = (await digest(octets(identity))) === fields.signer && offer.signer === fields.signer;
  unless(known && offer.what === "anxin offer 2", "signer");
  unless(await signedBy(identity, signature, statement), "signer");
  unless(offer.script === script, "script");
  unless(offer.newcomers === newcomers, "newcomers"); // who relays may not put others in their place
  const passed = Date.now() - form.dataset.loaded; // by the server's clock: this one may be wrong
  unless(new Date(offer.expires) - new Date(form.dataset.now) > passed, "expired");
  return { offer, number, statement };
};
// In words, from what the signer signed: what the share is asked for.
const showOffer = (form, offer) => {
  const place = document.querySelector("[data-offer-shown]");
  place.querySelectorAll("[data-purpose]").forEach((one) => {
    one.toggleAttribute("hidden", one.dataset.purpose !== offer.purpose);
  });
  place.querySelectorAll("[data-kind]").forEach((one) => {
    one.toggleAttribute("hidden", one.dataset.kind !== offer.kind);
  });
  place.querySelectorAll("[data-ceremony]").forEach((one) => {
    one.toggleAttribute("hidden", !offer.script);
  });
  const code = offer.script.slice(0, 8).toUpperCase().replace(/^..../, "$& "); // as pki/readback.py has it
  place.querySelectorAll("[data-of]").forEach((one) => {
    one.textContent = { ...offer, code }[one.dataset.of] || "—";
  });
  place.removeAttribute("hidden");
  form.querySelector("input[type=checkbox]").disabled = false;
};
const choosing = (form) => async () => {
  const box = form.querySelector("input[type=checkbox]");
  box.checked = false; // nobody has compared what is not shown
  box.disabled = true;
  document.querySelector("[data-offer-shown]").setAttribute("hidden", "");
  const { offer } = await checkOffer(form, await chosenFile(form));
  showOffer(form, offer);
};
const bringing = (form) => async () => {
  const fields = await chosenFile(form);
  const { offer, number, statement } = await checkOffer(form, fields);
  showOffer(form, offer);
  unless(form.querySelector("input[type=checkbox]").checked, "not-confirmed");
  const passphrase = form.querySelector("input[type=password]");
  unless(passphrase.value, "passphrase-wrong");
  const { share, key } = await orSay(openFile(fields, passphrase.value), "passphrase-wrong");
  const about = await digest(text.encode(statement));
  const info = encoded({ what: "anxin share in transit 1", offer: about, number });
  const recipientPublicKey = await suite.kem.deserializePublicKey(octets(offer.key));
  const sender = await suite.createSenderContext({ recipientPublicKey, info });
  const ciphertext = new Uint8Array(await sender.seal(share));
  share.fill(0);
  const sent = new Uint8Array([...new Uint8Array(sender.enc), ...ciphertext]);
  const signed = { what: "anxin share 1", offer: about, number, sealed: await digest(sent) };
  put(form, "sealed", hex(sent));
  put(form, "share_signature", await sign(key, signed));
  passphrase.value = "";
  form.querySelector("input[type=file]").value = "";
  form.requestSubmit();
};

// --- A drill: the file is opened, and what is in it signs; the share goes nowhere. ---
const proving = (form) => async () => {
  const fields = await chosenFile(form);
  const { drill, set, number } = JSON.parse(form.dataset.drill);
  unless(fields.number === number, "other-seat");
  unless(fields.set === set, "other-set");
  const passphrase = form.querySelector("input[type=password]");
  const { share, key } = await orSay(openFile(fields, passphrase.value), "passphrase-wrong");
  const check = await checkValue(share, set, number);
  share.fill(0);
  const said = { what: "anxin share drill 1", signer: fields.signer, set, number, check, drill };
  put(form, "proof", await sign(key, said));
  passphrase.value = "";
  form.querySelector("input[type=file]").value = "";
  form.requestSubmit();
};

// --- Start of the page. ---
const able = window.crypto?.subtle && window.indexedDB;
const nameFile = (form) => {
  form.querySelector("[data-file-name]").textContent = form.querySelector("input[type=file]").files[0]?.name || "";
};
const begin = (name, make, selector = "button[type=button]") => {
  const form = document.querySelector(`form[data-custody="${name}"]`);
  if (!form) return undefined;
  if (!able) {
    tell(form, "browser");
    return undefined;
  }
  form.removeAttribute("hidden");
  form.dataset.loaded = Date.now();
  form.querySelector(selector).addEventListener("click", guarded(form, make(form)));
  form.querySelector("input[type=file]")?.addEventListener("change", () => nameFile(form));
  return form;
};
begin("enrol", enrolling);
begin("prove", proving);
if (begin("take", taking, "[data-first] button")) begin("take", receipting, "[data-then] button");
const bringer = begin("bring", bringing);
if (bringer) {
  bringer.querySelector("input[type=file]").addEventListener("change", guarded(bringer, choosing(bringer)));
}
// Who presses Enter means the button: a form that no script has filled is not sent.
document.querySelectorAll("form[data-custody]").forEach((form) => {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    form.querySelector("[data-first]:not([hidden]) button, button[data-main]")?.click();
  });
});

// A step that others complete: the page begins anew when its part says another state.
const state = () => document.querySelector("[data-state]")?.dataset.state;
const before = state();
document.addEventListener("htmx:after:swap", () => {
  if (state() !== before) location.reload();
});

// For paperwords.js.
export {
  EC, PASSPHRASE, begin, checkValue, chosenFile, digest, download, hex, nameFile, octets, openSealed, orSay,
  sealFile, unless,
};
