// A button with data-key="create" or "get" asks a security key what data-question says, and sends
// the answer with its form. Without it, or without a key, the form works by the code alone.

const ASK = {
  create: (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

const able =
  window.PublicKeyCredential !== undefined && PublicKeyCredential.parseCreationOptionsFromJSON !== undefined;

for (const button of document.querySelectorAll("button[data-key]")) {
  const box = button.closest("[data-key-box]");
  const form = button.closest("form");
  const trouble = box.querySelector("[data-trouble]");
  box.hidden = !able;
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    try {
      const answer = await ASK[button.dataset.key](JSON.parse(button.dataset.question));
      form.querySelector("input[name$=answer]").value = JSON.stringify(answer.toJSON());
      form.requestSubmit();
    } catch {
      trouble.hidden = false; // refused, too late, or no key of this person
    }
  });
}
