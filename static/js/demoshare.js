// A demo's custodian presses once: the page has their share file and passphrase, and custody.js takes
// it from there, as if they had chosen the file and ticked. Loaded in a demo only.

const WISH = "anxin-demo-share"; // in this window, for a minute: pressed on the page of custody
const MINUTE = 60000;

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-demo-begin]")) sessionStorage.setItem(WISH, Date.now());
});

const button = document.querySelector("[data-demo-share]");
const form = document.querySelector('form[data-custody="bring"]');
const bring = () => {
  const chosen = new DataTransfer();
  chosen.items.add(new File([button.dataset.demoShare], "demo-share.json"));
  form.querySelector("input[type=file]").files = chosen.files;
  form.querySelector("input[type=password]").value = button.dataset.passphrase;
  form.querySelector("input[type=checkbox]").checked = true;
  form.querySelector("button[data-main]").click();
};
if (button && form) {
  button.removeAttribute("hidden");
  button.addEventListener("click", bring);
  const wished = Date.now() - Number(sessionStorage.getItem(WISH)) < MINUTE;
  sessionStorage.removeItem(WISH);
  if (wished && "atOnce" in button.dataset) bring();
}
