// A piece of text to copy: shown whole, with a button.

import {element} from "./element.js";

/* A titled block with `text` and a button that copies it. Its `replace(text)` changes the text. */
export function copyable(title, text) {
    const code = element("code", {}, text);
    const button = element("button", {
        type: "button", class: "quiet", "aria-label": `Copy: ${title}`,
        onclick: () => copy(code, button)}, "Copy");
    const block = element("figure", {class: "copyable"},
        element("figcaption", {}, title, button),
        element("pre", {tabindex: 0, role: "region", "aria-label": title}, code));
    block.replace = (fresh) => {
        code.textContent = fresh;
    };
    return block;
}

/* navigator.clipboard exists only on https and localhost; elsewhere the text is selected first. */
async function copy(code, button) {
    const done = await navigator.clipboard?.writeText(code.textContent)
        .then(() => true, () => false);
    if (!done) {
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => {
        button.textContent = "Copy";
    }, 1500);
}
