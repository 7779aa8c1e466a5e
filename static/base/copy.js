// Text to copy: a button, and a block that shows its text whole.

import {element} from "./element.js";

const SAID_MS = 1500;

/* A button that copies what text() gives when it is pressed; `name` says what that is. */
export function copyButton(label, text, name = null) {
    const button = element("button", {
        type: "button", class: "quiet", "aria-label": name && `${label}: ${name}`,
        onclick: async () => {
            button.textContent = await copy(text()) ? "Copied" : "Not copied";
            setTimeout(() => {
                button.textContent = label;
            }, SAID_MS);
        }}, label);
    return button;
}

/* A titled block with `text` and a button that copies it. Its `replace(text)` changes the text. */
export function copyable(title, text) {
    const code = element("code", {}, text);
    const block = element("figure", {class: "copyable"},
        element("figcaption", {}, title, copyButton("Copy", () => code.textContent, title)),
        element("pre", {tabindex: 0, role: "region", "aria-label": title}, code));
    block.replace = (fresh) => {
        code.textContent = fresh;
    };
    return block;
}

/* navigator.clipboard exists only on https and localhost; elsewhere a field is selected. */
async function copy(text) {
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    if (done)
        return true;
    const before = document.activeElement;
    const field = element("textarea", {class: "unseen", value: text});
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    before?.focus();
    return copied;
}
