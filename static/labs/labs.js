// The lab sheets: a hypothesis, runs to start with one click, and what the numbers must show.

import * as api from "../base/api.js";
import {append, element, refill} from "../base/element.js";
import {count, short} from "../base/format.js";
import * as view from "../base/view.js";
import {expected, look} from "./claims.js";

const LOOK_MS = 300;

export async function open(host, {lab: wanted}) {
    document.title = "Labs \u00b7 Descent";
    const {labs} = await api.labs();
    const sheets = labs.map((lab) => new Sheet(lab));
    append(host, [
        element("header", {class: "hero"},
            element("h1", {}, "Labs"),
            element("p", {}, "Twelve sheets about one small network: a hypothesis, the runs that " +
                "test it, and what their numbers must show. Run one, look at its curves, and let " +
                "the page check the numbers.")),
        element("ol", {class: "labs"}, sheets.map((sheet) => sheet.node))]);
    return {
        shown: () => wanted && document.getElementById(`lab-${wanted}`)?.scrollIntoView(),
        leave: () => sheets.forEach((sheet) => sheet.leave()),
    };
}

class Sheet {
    constructor(lab) {
        this.lab = lab;
        this.left = false;
        this.parts = lab.parts.map((part) => ({...part, id: null, mark: element("span", {})}));
        this.claims = lab.show.map((claim) => ({...claim, mark: element("span", {class: "mark"})}));
        this.fault = element("p", {class: "fault", role: "alert", hidden: true});
        this.button = element("button", {type: "button", class: "primary",
            "aria-label": `Run: ${lab.title}`, onclick: () => this.run()}, "Run");
        this.node = element("li", {class: "panel", id: `lab-${lab.name}`},
            element("h2", {}, `${lab.number}. ${lab.title}`),
            element("p", {class: "hypothesis"}, lab.hypothesis),
            element("p", {}, lab.do),
            element("ul", {class: "parts"}, this.parts.map((part) => element("li", {},
                part.mark, part.title, " ",
                element("a", {class: "quiet", href: view.form(part.spec),
                              "aria-label": `Edit: ${part.title}`}, "Edit")))),
            element("p", {class: "actions"}, this.button), this.fault,
            this.claims.length > 0 && [
                element("h3", {}, "The numbers must show"),
                element("ul", {class: "claims"}, this.claims.map((claim) => element("li", {},
                    claim.mark, claim.text)))]);
    }

    leave() {
        this.left = true;
    }

    /* Starts all parts, waits until they have ended, and looks at the numbers. */
    async run() {
        this.button.disabled = true;
        this.button.textContent = "Running \u2026";
        this.fault.hidden = true;
        try {
            for (const part of this.parts)
                part.id = (await api.start({preset: part.name})).id;
            this.link();
            await Promise.all(this.parts.map((part) => this.end(part)));
            for (const claim of this.claims)
                await this.judge(claim);
        } catch (problem) {
            this.fault.hidden = false;
            this.fault.textContent = problem.message;
        }
        this.button.disabled = false;
        this.button.textContent = "Run again";
    }

    link() {
        for (const part of this.parts)
            refill(part.mark, element("a", {
                href: view.address({experiment: part.id}),
                "aria-label": `Curves: ${part.title}`}, "Curves"), " ");
    }

    async end(part) {
        while (!this.left && (await api.experiment(part.id)).state !== "done")
            await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }

    async judge(claim) {
        if (this.left)
            return;
        const {id} = this.parts.find(({name}) => name === claim.part);
        const {found, holds} = await look(id, claim);
        claim.mark.className = holds ? "mark holds" : "mark fails";
        claim.mark.title = `found ${JSON.stringify(found)}, expected ${expected(claim)}`;
        refill(claim.mark, holds ? "\u2713 holds" : "\u2717 does not hold",
            typeof found !== "boolean" &&
                element("span", {class: "found"}, ` (${written(found)})`), " ");
    }
}

/* A value that was found, with six digits; the mark's tip has them all, and a yes or no, which the
 * claim's own words might seem to contradict. */
const written = (found) => typeof found === "number"
    ? Number.isInteger(found) ? count(found) : short(found, 6)
    : found === null ? "none" : typeof found === "object" ? JSON.stringify(found) : found;
