// A list of words in the form: a box for each word there is.

import {element} from "../base/element.js";
import {get, set} from "../base/spec.js";

/* `fields` is the form's. */
export function boxes(fields, pointer, label) {
    const {description} = fields.options.get(pointer);
    const {choices, description: each} = fields.options.get(`${pointer}/*`);
    const write = () => {
        const chosen = choices.filter((_, i) => inputs[i].checked);
        set(fields.spec, pointer, chosen.length > 0 ? chosen : undefined);
        fields.hooks.changed();
    };
    const inputs = choices.map((word, i) => element("input", {
        type: "checkbox", id: `field-${pointer}/${i}`, onchange: write,
        checked: (get(fields.spec, pointer) ?? []).includes(word)}));
    return fields.slot(pointer, label.toLowerCase(), {role: "group", "aria-label": label},
        element("p", {class: "label"}, label),
        element("div", {class: "boxes"}, choices.map((word, i) =>
            element("label", {class: "check"}, inputs[i], word.replaceAll("_", " ")))),
        element("p", {class: "hint"}, description, " ", each));
}
