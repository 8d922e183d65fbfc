// When a shortcut may fire: not while somebody types (Chinese input included), not with a modifier,
// not behind a dialog, not when this person has switched single keys off (WCAG 2.1.4).

export const KEYS_OFF = "anxin.single-keys-off";

export const typing = (event) => {
  const box = event.target;
  if (event.isComposing || event.keyCode === 229 || box.isContentEditable) return true;
  return /^(INPUT|TEXTAREA|SELECT)$/.test(box.tagName) && !/^(checkbox|radio|button|submit)$/.test(box.type);
};

export const chorded = (event) => event.ctrlKey || event.metaKey || event.altKey;

export const singleKeys = () => {
  try {
    return localStorage.getItem(KEYS_OFF) === null;
  } catch {
    return true;
  }
};

export const quiet = (event) =>
  typing(event) || chorded(event) || !singleKeys() || document.querySelector("dialog[open]") !== null;
