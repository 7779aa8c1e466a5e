// Where a forked experiment comes from: which run, at which epoch, and what was changed.

import * as api from "../base/api.js";
import {append, element, refill, setText} from "../base/element.js";
import {count, plural} from "../base/format.js";
import {labels, specOf} from "../base/spec.js";
import * as view from "../base/view.js";

const CHANGES = 6; // so many are told
const LENGTH = 40; // of a value
const OWN = ["name", "forked_from", "predict", "cache", "sweep"]; // not what is trained

/* The line of an experiment that was made from a run; onFound({id, run, epoch, title, row}) gets
 * that run, if it is still there. */
export function originOf(experiment, settings, onFound) {
    const {experiment: id, run, epoch} = experiment.forked_from;
    const text = `run ${run} of another experiment`;
    const where = element("span", {}, text), changes = element("span");
    api.experiment(id).then((found) => {
        const row = found.runs[run];
        const which = found.runs.length > 1
            ? `run ${run} (${labels(found, settings).runs[run].title}) of ` : "";
        refill(where, which, element("a", {href: view.address({experiment: id})},
            element("bdi", {}, found.name)));
        append(changes, [": ", told(differences(specOf(found.spec, row.overrides),
                                                experiment.spec, epoch > 0)),
                         swept(experiment.spec)]);
        onFound({id, run, epoch, row, title: found.name});
    }, () => setText(where, `${text}, which is gone`));
    return [epoch > 0 ? `Goes on after epoch ${count(epoch)} of ` : "Forked from ", where,
            changes, "."];
}

/* What of it is trained otherwise, as [pointer, old, new]. One that goes on has the state of the
 * other for its start. */
function differences(source, own, isContinued) {
    const [before, now] = [source, own].map((spec) => {
        const kept = structuredClone(spec);
        OWN.forEach((name) => delete kept[name]);
        if (isContinued)
            delete kept.network?.init;
        return kept;
    });
    const found = [];
    compare(before, now, "", found);
    return found;
}

const isTree = (value) => value !== null && typeof value === "object" &&
    (!Array.isArray(value) || value.some(isTree));

/* What one has not at all is told field by field. */
function compare(before, now, pointer, found) {
    if (before === undefined && isTree(now) && !Array.isArray(now))
        before = {};
    if (now === undefined && isTree(before) && !Array.isArray(before))
        now = {};
    const alike = isTree(before) && isTree(now) && Array.isArray(before) === Array.isArray(now) &&
        (!Array.isArray(before) || before.length === now.length);
    if (alike)
        for (const name of new Set([...Object.keys(before), ...Object.keys(now)]))
            compare(before[name], now[name], `${pointer}/${name}`, found);
    else if (JSON.stringify(before) !== JSON.stringify(now))
        found.push([pointer, before, now]);
}

function told(changes) {
    if (changes.length === 0)
        return "nothing changed";
    const rest = changes.length - CHANGES;
    return ["changed ", changes.slice(0, CHANGES).map(([pointer, before, now], i) =>
        [i > 0 && ", ", element("code", {}, pointer), ` ${brief(before)} \u2192 ${brief(now)}`]),
            rest > 0 && ` and ${plural(rest, "other field")}`];
}

function brief(value) {
    const text = value === undefined ? "none" : JSON.stringify(value);
    return text.length > LENGTH ? `${text.slice(0, LENGTH - 1)}\u2026` : text;
}

const swept = ({sweep = {}}) => Object.keys(sweep).map((pointer) =>
    [", swept ", element("code", {}, pointer)]);
