// Specs as the page handles them: JSON pointers, sweeps, and the words for a run's settings.

const tokens = (pointer) => pointer.split("/").slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));

export const escape = (token) => String(token).replaceAll("~", "~0").replaceAll("/", "~1");

/* The value at a pointer, or undefined. */
export function get(spec, pointer) {
    return tokens(pointer).reduce((value, token) =>
        value !== null && typeof value === "object" && Object.hasOwn(value, token)
            ? value[token] : undefined, spec);
}

/* Sets the value at a pointer, making objects on the way; undefined removes it, and the object it
 * was alone in. */
export function set(spec, pointer, value) {
    const path = tokens(pointer);
    const name = path.pop();
    let place = spec;
    for (const token of path) {
        if (place[token] === null || typeof place[token] !== "object")
            place[token] = {};
        place = place[token];
    }
    if (value !== undefined) {
        place[name] = value;
        return;
    }
    delete place[name];
    const above = pointer.slice(0, pointer.lastIndexOf("/"));
    if (above && !Array.isArray(place) && Object.keys(place).length === 0)
        set(spec, above, undefined);
}

/* The spec's field in a run with these `overrides`, {pointer: value}. */
export function fieldOf(spec, overrides, pointer) {
    const at = Object.keys(overrides).find((own) => `${pointer}/`.startsWith(`${own}/`));
    return at === undefined ? get(spec, pointer) : get(overrides[at], pointer.slice(at.length));
}

/* The spec of a run with these `overrides`. */
export function specOf(spec, overrides) {
    const own = structuredClone(spec);
    delete own.sweep;
    for (const [pointer, value] of Object.entries(overrides))
        set(own, pointer, value);
    return own;
}

/* What a reader typed, as JSON: a number where it is one, else the text itself, so that the server
 * can say what is wrong with it. Empty is undefined. */
export function value(text) {
    const trimmed = text.trim();
    if (trimmed === "")
        return undefined;
    const number = Number(trimmed);
    return Number.isFinite(number) ? number : trimmed;
}

/* "0.001, 0.0004" as a list of values. */
export const values = (text) => text.split(/[,;\s]+/).filter(Boolean).map(value);

/* True of "1,000" and "0,125", which some read as one number and others as two. */
export const isAmbiguous = (text) => text.split(/[;\s]+/).some((part) =>
    /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?,?$/.test(part));

/* Writes what was typed for a number: one value is set, several become a sweep over it. What may be
 * either is set as the text that it is, which the server refuses. */
export function setNumbers(spec, pointer, text) {
    const list = isAmbiguous(text) ? [text.trim()] : values(text);
    set(spec, pointer, list[0]);
    setSweep(spec, pointer, list.length > 1 ? list : undefined);
}

export function setSweep(spec, pointer, list) {
    const sweep = {...spec.sweep};
    delete sweep[pointer];
    if (list !== undefined)
        sweep[pointer] = list;
    if (Object.keys(sweep).length > 0)
        spec.sweep = sweep;
    else
        delete spec.sweep;
}

/* The text of a field for numbers: its sweep's values, or its one value. */
export function numbersText(spec, pointer) {
    const swept = spec.sweep?.[pointer];
    const one = get(spec, pointer);
    return Array.isArray(swept) ? swept.join(", ") : one === undefined ? "" : String(one);
}

const WEIGHT_NAMES = {
    "weights/0/0/0": "w1", "weights/0/0/1": "w2", "weights/0/1/0": "w3", "weights/0/1/1": "w4",
    "weights/1/0/0": "w5", "weights/1/0/1": "w6",
    "biases/0/0": "bias1", "biases/0/1": "bias2", "biases/1/0": "bias3",
};

/* Two inputs, two hidden units, one output: the network whose parameters have names. */
export function isTwoTwoOne(spec) {
    const layers = spec.network?.layers;
    const {features, rows, n_targets = 1} = spec.dataset ?? {};
    const n = features ? Object.keys(features).length : (rows?.[0]?.length ?? 0) - n_targets;
    return Array.isArray(layers) && layers.length === 2 && n === 2 &&
        layers[0]?.units === 2 && layers[1]?.units === 1;
}

/* A pointer in a word or two: "learning rate", "w3", "layer 1 units". */
export function words(pointer, spec) {
    const start = pointer.replace("/network/init/", "");
    if (WEIGHT_NAMES[start] && isTwoTwoOne(spec))
        return WEIGHT_NAMES[start];
    const path = tokens(pointer);
    const last = path[path.length - 1].replaceAll("_", " ");
    const layer = path.indexOf("layers");
    if (layer >= 0)
        return `layer ${Number(path[layer + 1]) + 1} ${last}`;
    const parent = path[path.length - 2];
    if (parent === "optimizer" && last === "name")
        return parent;
    if (parent === "schedule")
        return last === "kind" ? parent : `schedule ${last}`;
    if (last === "seed")
        return {dataset: "data seed", training: "order seed",
                split: "split seed"}[parent] ?? "start seed";
    return /^\d+$/.test(last) ? path.slice(2).join(" ") : last;
}

/* Labels of an experiment's runs: {heading, runs: [{label, exact, name, title}]}. With one swept
 * setting the heading names it; a label is its value in a few digits, `exact` in all of them; the
 * name and the title have the setting too, in few digits and in all. `settings` writes a column of
 * values. */
export function labels(experiment, settings) {
    const pointers = Object.keys(experiment.runs[0]?.overrides ?? {});
    const names = pointers.map((pointer) => words(pointer, experiment.spec));
    const columns = pointers.map((pointer) =>
        settings(experiment.runs.map((row) => row.overrides[pointer])));
    const runs = experiment.runs.map((row, i) => {
        const join = (digits) => columns.map((column) => column[digits][i]).join(" \u00b7 ");
        const alone = `run ${row.run}`;
        const named = (digits) => columns.map((column, k) => `${names[k]} ${column[digits][i]}`)
            .join(", ") || alone;
        return {label: join("short") || alone, exact: join("exact") || alone,
                name: named("short"), title: named("exact")};
    });
    return {heading: names.join(" \u00b7 ") || "run", runs};
}

/* True when everything `part` says is also said by `whole`. */
export function within(part, whole) {
    if (part === null || typeof part !== "object")
        return part === whole;
    return whole !== null && typeof whole === "object" &&
        Object.keys(part).every((name) => Object.hasOwn(whole, name) &&
            within(part[name], whole[name])) &&
        (!Array.isArray(part) || part.length === whole.length);
}

/* JSON as one would write it by hand: short objects and lists of numbers on one line. */
export function pretty(value, indent = "", room = 58) {
    const flat = JSON.stringify(value)?.replace(/("(?:[^"\\]|\\.)*")|([,:])/g,
        (all, text, mark) => text ?? `${mark} `);
    const plain = (item) => item === null || typeof item !== "object";
    if (plain(value) || flat.length + indent.length <= room ||
        Array.isArray(value) && value.every(plain))
        return flat;
    const inner = `${indent}  `;
    const lines = Array.isArray(value)
        ? value.map((item) => inner + pretty(item, inner, room))
        : Object.entries(value).map(([name, item]) =>
            `${inner}${JSON.stringify(name)}: ${pretty(item, inner, room)}`);
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}
