// The question a preset leaves open, and the server's answer, asked for when it is opened.

import * as api from "../base/api.js";
import {element, refill} from "../base/element.js";

/* A part of a story: {name, question} of the preset. */
export function question({name, question: text}) {
    const body = element("div", {class: "answer"});
    const details = element("details", {class: "question", ontoggle: () => {
        if (details.open && !body.firstChild)
            answer(name, body);
    }}, element("summary", {}, text), body);
    return details;
}

async function answer(name, body) {
    refill(body, element("p", {class: "note"}, "Training the runs that answer it \u2026"));
    const told = await api.answer(name).catch((problem) => ({answer: [problem.message]}));
    refill(body, told.answer.map((sentence) => element("p", {}, sentence)));
}
