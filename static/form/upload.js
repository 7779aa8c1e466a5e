// The form's part for data of one's own: a file to send, or one that is there, and its columns.

import * as api from "../base/api.js";
import {element, setText} from "../base/element.js";
import {plural} from "../base/format.js";
import {get, set} from "../base/spec.js";

const ROLES = {features: "input", targets: "target", unused: "not used"};

/* Fields for /dataset of kind upload. `form` is the Fields they belong to; its hooks.datasets lists
 * the files on the server. */
export function upload(form) {
    const {spec, hooks} = form;
    const known = hooks.datasets.find(({id}) => id === get(spec, "/dataset/id"));
    const fault = element("p", {class: "fault", role: "alert", hidden: true});
    const send = async (event) => {
        try {
            const row = await api.upload(event.target.files[0]);
            hooks.datasets.splice(0, 0, row);
            take(spec, row);
            hooks.reshaped();
        } catch (problem) {
            fault.hidden = false;
            setText(fault, [problem.message, ...(problem.errors ?? []).map(({detail}) => detail)]
                .join(" "));
        }
    };
    const choose = (event) => {
        take(spec, hooks.datasets.find(({id}) => id === event.target.value));
        hooks.reshaped();
    };
    return [
        element("div", {class: "field"}, element("label", {for: "file"}, "Send a file"),
            element("input", {type: "file", id: "file", accept: ".csv,text/csv", onchange: send,
                              onclick: sendAgain}),
            element("p", {class: "hint"}, "CSV with a header line, at most 1 MiB."), fault),
        form.labelled("/dataset/id", "File", {meaning: "Files on this server, the newest first."},
            (attributes) => element("select", {...attributes, onchange: choose},
                !known && element("option", {value: "", selected: true}, "none chosen"),
                hooks.datasets.map((row) => element("option", {
                    value: row.id, selected: row === known}, nameOf(row))))),
        known && columns(form, known)];
}

/* A file that was mended has its old name; chosen again it would be no change. */
function sendAgain(event) {
    event.target.value = "";
}

const nameOf = ({rows, columns: all}) =>
    `${plural(rows, "row")}: ${all.map(({name}) => name).join(", ")}`;

/* A new file: its last column is the target, the others that are numbers the inputs. */
function take(spec, {id, columns: all}) {
    const names = all.filter(({type, missing}, i) => type === "number" && missing === 0 &&
        i < all.length - 1).map(({name}) => name);
    set(spec, "/dataset", {kind: "upload", id, features: names,
                           targets: [all[all.length - 1].name]});
}

/* A choice for each column: input, target or not used. */
function columns(form, {columns: all}) {
    const {spec, hooks} = form;
    const role = (name) => Object.keys(ROLES).find((list) =>
        get(spec, `/dataset/${list}`)?.includes(name)) ?? "unused";
    const write = (name, fresh) => {
        for (const list of ["features", "targets"]) {
            const names = all.map((column) => column.name).filter((other) =>
                (other === name ? fresh : role(other)) === list);
            set(spec, `/dataset/${list}`, names);
        }
        hooks.changed();
    };
    const line = ({name, type}, i) => element("div", {class: "field brief"},
        element("label", {for: `column-${i}`}, element("bdi", {}, name),
            type === "number" ? "" : ` (${type})`),
        element("select", {id: `column-${i}`, onchange: (event) => write(name, event.target.value)},
            Object.entries(ROLES).map(([value, word]) =>
                element("option", {value, selected: role(name) === value}, word))));
    return form.slot("/dataset/features", "inputs", {},
        form.slot("/dataset/targets", "targets", {},
            element("p", {class: "label"}, "Columns"),
            element("div", {class: "pairs"}, all.map(line))));
}
