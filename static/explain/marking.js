// A step worked out by hand: the visitor's own numbers, marked by the server.

import * as api from "../base/api.js";
import {element, refill} from "../base/element.js";
import {plural, short} from "../base/format.js";
import {formula} from "./tex.js";

const FIELDS_MAX = 80;

/* The numbers of a step that can be asked for: [[title, group in the answer, names]]. */
function namesOf(step) {
    const parameters = step.update.map((row) => row.param);
    return [["Forward", null, step.forward.map((row) => row.id)],
            ["Loss", null, [...Array.isArray(step.loss.error) ? [] : ["error"], "loss"]],
            ["Backward", null, step.backward.map((row) => row.id)],
            ["Gradients", "gradients", parameters], ["New values", "new", parameters]];
}

/* A form for the numbers of `step` of a run; null where they are too many to type. `hide` shows or
 * hides the worked results. */
export function marking({id, run}, step, hide) {
    const groups = namesOf(step);
    if (groups.reduce((sum, [, , names]) => sum + names.length, 0) > FIELDS_MAX)
        return null;
    const sections = groups.map(([title, group, names]) =>
        ({title, fields: names.map((name) => field(group, name))}));
    const fields = sections.flatMap((section) => section.fields);
    const digits = element("select", {}, [3, 4, 5, 6].map((n) =>
        element("option", {value: n, selected: n === 4}, n)));
    const verdict = element("div", {role: "status"});
    const form = element("form", {class: "marking", onsubmit: (event) => {
        event.preventDefault();
        mark(fields, verdict, (numbers) => api.checkStep(id, run,
            {epoch: step.epoch, sample: step.sample}, {...numbers, digits: Number(digits.value)}));
    }}, sections.map((section) => element("fieldset", {}, element("legend", {}, section.title),
        section.fields.map(({host}) => host))),
    verdict, element("p", {class: "actions"},
        element("button", {class: "primary"}, "Check my numbers"),
        element("label", {class: "check"}, "to ", digits, " significant digits")));
    return element("details", {ontoggle: (event) => hide(event.target.open)},
        element("summary", {}, "Work it out yourself"),
        element("p", {class: "note"}, "The results above are hidden while this is open. Fill in ",
            "as many as you like; the first wrong one is explained."), form);
}

/* One input with its mark. */
function field(group, name) {
    const input = element("input", {type: "text", inputmode: "decimal", autocomplete: "off",
                                    "aria-label": group ? `${group} ${name}` : name});
    const mark = element("span", {class: "mark"});
    return {group, name, input, mark,
            host: element("label", {}, name, " ", input, mark)};
}

/* What was typed, as the server wants it; null with the fields that are no number marked. */
function numbersOf(fields) {
    const numbers = {};
    let isSound = true;
    for (const {group, name, input} of fields) {
        const text = input.value.trim().replace("\u2212", "-").replace(/^([^.]*),/, "$1.");
        const value = Number(text);
        const isWrong = text !== "" && !Number.isFinite(value);
        input.setAttribute("aria-invalid", String(isWrong));
        isSound &&= !isWrong;
        if (text !== "" && !isWrong)
            (group ? numbers[group] ??= {} : numbers)[name] = value;
    }
    return isSound ? numbers : null;
}

async function mark(fields, verdict, ask) {
    const numbers = numbersOf(fields);
    fields.forEach((each) => refill(each.mark));
    if (!numbers || Object.keys(numbers).length === 0) {
        refill(verdict, element("p", {class: "fault"}, numbers ? "Fill in at least one number."
            : "What is framed in red is not a number."));
        return;
    }
    const answer = await ask(numbers).catch((problem) => problem);
    if (answer instanceof Error) {
        refill(verdict, element("p", {class: "fault"}, answer.message));
        return;
    }
    for (const {name, right} of answer.lines) {
        const own = fields.find((each) => name ===
            (each.group ? `${each.group}/` : "") + each.name);
        refill(own.mark, element("span", {class: right ? "right" : "fault"},
            right ? " \u2713" : " \u2717"));
    }
    refill(verdict, told(answer));
}

function told({right, wrong, first_wrong: first}) {
    if (wrong === 0)
        return element("p", {}, `${right === 1 ? "It is" : `All ${right} are`} right.`);
    return element("p", {}, `${plural(right, "number")} right, ${wrong} wrong. The first wrong ` +
        `one is ${first.name}: `, formula(first.tex), ` = ${short(first.expected, 6)}, not ` +
        `${short(first.got, 6)}.`, first.slip && ` Probably: ${first.slip}.`);
}
