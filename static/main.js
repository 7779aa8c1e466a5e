// Shows the page the address asks for, and keeps it right through back and forward.

import {Problem} from "./base/api.js";
import {element, refill} from "./base/element.js";
import * as view from "./base/view.js";
import * as experiment from "./experiment/experiment.js";
import * as form from "./form/form.js";
import * as home from "./home.js";
import * as labs from "./labs/labs.js";

const PAGES = {experiment, form, home, labs};
const main = document.querySelector("main");
const status = document.querySelector("[role=status]");
let present = {};
let turn = 0;

/* Announces a change of state to a screen reader. */
function say(text) {
    status.textContent = text;
}

/* A page is opened (its questions to the server answered) before it takes the place of the last. */
async function show(now) {
    const mine = ++turn;
    const host = element("div", {class: `page ${now.page}`});
    const next = await PAGES[now.page].open(host, now, say).catch((problem) => {
        trouble(host, problem);
        return {};
    });
    if (mine !== turn) {
        next.leave?.();
        return;
    }
    present.leave?.();
    present = next;
    say("");
    refill(main, host);
    if (mine > 1) {
        scrollTo(0, 0);
        main.focus({preventScroll: true});
    }
    next.shown?.();
}

function trouble(host, problem) {
    if (!(problem instanceof Problem))
        console.error(problem);
    refill(host, element("div", {class: "wrong"},
        element("h1", {}, "That did not work"),
        element("p", {class: "fault", role: "alert"}, problem.message),
        element("p", {}, element("a", {class: "button", href: view.address({})},
            "Back to the start"))));
}

document.addEventListener("click", view.follow);
view.onChange(show);
show(view.read());
