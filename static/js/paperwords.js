// A share file on paper and back, as pki/paperwords.py has it: words of BIP-39, the Chinese list, 12
// for the share and 24 for the custodian key. It all happens in this page; nothing is sent anywhere.

import { WORDS } from "../vendor/bip39.js";
import {
  EC, PASSPHRASE, begin, checkValue, chosenFile, digest, download, hex, nameFile, octets, openSealed, orSay, sealFile, unless,
} from "./custody.js";

const LIST = [...WORDS];
const SHOWN = 10 * 60 * 1000; // milliseconds until the words go by themselves
// PKCS#8 of a P-256 key before its 32 octets, without the public half (RFC 5915): browsers compute it.
const SCALAR = octets("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");

const inBits = (numbers, width) => numbers.map((one) => one.toString(2).padStart(width, "0")).join("");
const ofBits = (bits, width) => bits.match(new RegExp(`.{${width}}`, "g")).map((one) => parseInt(one, 2));
const wordsOf = async (entropy) => {
  const [sum] = new Uint8Array(await crypto.subtle.digest("SHA-256", entropy));
  const whole = inBits([...entropy, sum], 8).slice(0, (entropy.length * 33) / 4);
  return ofBits(whole, 11).map((place) => LIST[place]);
};
const octetsOf = async (typed, count) => {
  const letters = [...typed.replace(/\s/g, "")];
  const places = letters.map((letter) => LIST.indexOf(letter));
  unless(letters.length === count && !places.includes(-1), "words");
  const entropy = Uint8Array.from(ofBits(inBits(places, 11).slice(0, (count * 32) / 3), 8));
  unless((await wordsOf(entropy)).join("") === letters.join(""), "words");
  return entropy;
};

const keyOf = (pkcs8) => crypto.subtle.importKey("pkcs8", pkcs8, EC, true, ["sign"]);
const scalarOf = async (key) => {
  const { d } = await crypto.subtle.exportKey("jwk", key);
  return Uint8Array.from(atob(d.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
};
const fingerprintOf = async (key) => {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", key);
  const open = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, EC, true, ["verify"]);
  return digest(await crypto.subtle.exportKey("spki", open));
};

// --- A share file is shown as words, until the page is left. ---
const paper = document.querySelector("[data-paper-shown]");
const clear = () => {
  paper.querySelectorAll("[data-of]").forEach((one) => one.replaceChildren());
  paper.setAttribute("hidden", "");
};
const showing = (form) => async () => {
  clear();
  const fields = await chosenFile(form);
  const own = JSON.parse(form.dataset.own);
  unless(fields.number === own.number, "other-seat");
  unless(fields.set === own.set, "other-set");
  const passphrase = form.querySelector("input[type=password]");
  const inside = await orSay(openSealed(fields, passphrase.value), "passphrase-wrong");
  const [share, key] = [octets(inside.share), await keyOf(octets(inside.key))];
  const shown = {
    ...fields,
    check: await checkValue(share, fields.set, fields.number),
    key_fingerprint: await fingerprintOf(key),
    share_words: (await wordsOf(share)).join(" "),
    key_words: (await wordsOf(await scalarOf(key))).join(" "),
  };
  share.fill(0);
  paper.querySelectorAll("[data-of]").forEach((one) => {
    const text = shown[one.dataset.of];
    one.textContent = "groups" in one.dataset ? text.replace(/.{8}(?=.)/g, "$& ") : text;
  });
  passphrase.value = "";
  form.querySelector("input[type=file]").value = "";
  nameFile(form);
  paper.removeAttribute("hidden");
  setTimeout(clear, SHOWN);
  paper.querySelector("h2").scrollIntoView();
};

// --- Words are typed and become a share file again. ---
const restoring = (form) => async () => {
  const own = JSON.parse(form.dataset.own);
  const [typedShare, typedKey] = form.querySelectorAll("textarea");
  const [first, second] = form.querySelectorAll("input[type=password]");
  unless(form.querySelector("input[type=checkbox]").checked, "not-compared");
  const share = await octetsOf(typedShare.value, 12);
  const scalar = await octetsOf(typedKey.value, 24);
  const key = await orSay(keyOf(new Uint8Array([...SCALAR, ...scalar])), "words-browser");
  const [check, fingerprint] = [await checkValue(share, own.set, own.number), await fingerprintOf(key)];
  unless(check === own.check && fingerprint === own.key_fingerprint, "words-other");
  unless([...first.value].length >= PASSPHRASE, "passphrase-short");
  unless(first.value === second.value, "passphrase-differs");
  const inside = { share: hex(share), key: hex(await crypto.subtle.exportKey("pkcs8", key)) };
  share.fill(0);
  scalar.fill(0);
  const { set, signer, number, person, name } = own;
  const file = await sealFile({ set, signer, number, person, name }, inside, first.value);
  download(file, `anxin-share-${number}-${set.slice(0, 8)}.json`);
  form.reset();
  form.querySelector("[data-then]").removeAttribute("hidden");
};

begin("words", showing);
begin("restore", restoring);
paper.querySelector("[data-clear]").addEventListener("click", clear);
paper.querySelector("[data-print]").addEventListener("click", () => window.print());
window.addEventListener("pagehide", () => {
  clear();
  document.querySelectorAll("form[data-custody]").forEach((form) => form.reset());
});
