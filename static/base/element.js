// Builds DOM elements. Text always becomes text nodes: nothing here can turn data into markup.

const SVG = "http://www.w3.org/2000/svg";

/* element("p", {class: "note", onclick: f, hidden: true}, "text", otherElement, [more])
 * Functions become listeners, booleans become present or absent attributes, null is left out. */
export function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    fill(node, attributes, children);
    return node;
}

export function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, tag);
    fill(node, attributes, children);
    return node;
}

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false)
            continue;
        if (typeof value === "function")
            node.addEventListener(name.slice(2), value);
        else if (name === "value" && "value" in node)
            node.value = value;
        else
            node.setAttribute(name, value === true ? "" : value);
    }
    append(node, children);
}

/* Appends strings, numbers, nodes and nested lists of them; null and false are left out. */
export function append(node, children) {
    for (const child of children.flat(Infinity)) {
        if (child !== null && child !== undefined && child !== false)
            node.append(child instanceof Node ? child : String(child));
    }
}

/* Replaces everything in `node` by the children. */
export function refill(node, ...children) {
    node.replaceChildren();
    append(node, children);
}

/* Changes the text only when it differs, so that a live table does not disturb a selection. */
export function setText(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}
