// What the page shows, as the address says it: a link, a reload, back and forward give it again.
//
//   /                        presets and recent experiments
//   /?new=PRESET, /?like=ID  the form, with a preset's or an experiment's spec; #spec=JSON when
//                            edited
//   /?fork=ID&run=N          likewise, with the spec of one of an experiment's runs
//   /?labs, /?lab=NAME       the lab sheets, at one of them
//   /?experiment=ID          an experiment; x, y = log | linear, zoom = x0,x1,y0,y1,
//                            hide = runs such as 0-3,7, digits = all, floors = off,
//                            inside = what is looked at in a run: step,RUN,EPOCH,SAMPLE,
//                            surface,RUN,EPOCH, curvature,RUN,EPOCH or
//                            landscape,RUN,EPOCH,KIND,X,Y,
//                            series = names such as loss,validation_loss,
//                            source = on: with the losses of the run it was forked from

const listeners = [];

/* The view of the present address. */
export function read() {
    const query = new URLSearchParams(location.search);
    const axis = (name) => ["log", "linear"].includes(query.get(name)) ? query.get(name) : null;
    return {
        page: query.has("experiment") ? "experiment"
            : ["new", "like", "fork"].some((name) => query.has(name)) ? "form"
            : query.has("labs") || query.has("lab") ? "labs" : "home",
        lab: query.get("lab"),
        experiment: query.get("experiment"),
        preset: query.get("new"),
        like: query.get("like"),
        fork: query.get("fork"),
        run: Number(query.get("run") ?? 0),
        spec: fragment(),
        x: axis("x"),
        y: axis("y"),
        zoom: readZoom(query.get("zoom")),
        hide: readRuns(query.get("hide") ?? ""),
        allDigits: query.get("digits") === "all",
        levels: query.get("floors") !== "off",
        inside: query.get("inside")?.split(",") ?? null,
        series: query.get("series")?.split(",") ?? null,
        source: query.get("source") === "on",
    };
}

/* The spec in the fragment; null when there is none, undefined when it is damaged. */
function fragment() {
    if (!location.hash.startsWith("#spec="))
        return null;
    try {
        const spec = JSON.parse(decodeURIComponent(location.hash.slice("#spec=".length)));
        return typeof spec === "object" && !Array.isArray(spec) && spec !== null ? spec : undefined;
    } catch {
        return undefined;
    }
}

/* Numbers of runs, in which 0-3 stands for 0,1,2,3. */
function readRuns(text) {
    const runs = new Set();
    for (const [, first, last = first] of text.matchAll(/(\d{1,4})(?:-(\d{1,4}))?/g)) {
        for (let run = Number(first); run <= Number(last); run++)
            runs.add(run);
    }
    return runs;
}

function writeRuns(runs) {
    const sorted = [...runs ?? []].sort((a, b) => a - b);
    const parts = [];
    for (let i = 0, j = 0; i < sorted.length; i = j) {
        for (j = i + 1; sorted[j] === sorted[j - 1] + 1;)
            j++;
        parts.push(j - i > 2 ? `${sorted[i]}-${sorted[j - 1]}` : sorted.slice(i, j).join(","));
    }
    return parts.join(",") || null;
}

/* x0,x1,y0,y1 with empty places for an axis that fits by itself. */
function readZoom(text) {
    if (!text)
        return null;
    const [x0, x1, y0, y1] = text.split(",").map((part) => part === "" ? NaN : Number(part));
    return {x: x0 < x1 ? [x0, x1] : null, y: y0 < y1 ? [y0, y1] : null};
}

function writeZoom(zoom) {
    const pair = (ends) => ends ? ends.map((end) => Number(end.toPrecision(6))).join(",") : ",";
    return zoom && (zoom.x || zoom.y) ? `${pair(zoom.x)},${pair(zoom.y)}` : null;
}

/* The address of a view, given as its parts. */
export function address({experiment, preset, like, fork, run, x, y, zoom, hide, allDigits,
                         levels = true, inside, series, source}) {
    const query = new URLSearchParams();
    const put = (name, value) => value !== null && value !== undefined && query.set(name, value);
    put("experiment", experiment);
    put("new", preset);
    put("like", like);
    put("fork", fork);
    put("run", fork && run);
    put("x", x);
    put("y", y);
    put("zoom", writeZoom(zoom));
    put("hide", writeRuns(hide));
    put("digits", allDigits ? "all" : null);
    put("floors", levels ? null : "off");
    put("inside", inside?.join(",") ?? null);
    put("series", series?.join(",") || null);
    put("source", source ? "on" : null);
    const text = query.toString().replaceAll("%2C", ",");
    return text ? `?${text}` : "./";
}

/* The address of the form with a spec in it. */
export function form(spec) {
    return `${address({preset: ""})}#spec=${encodeURIComponent(JSON.stringify(spec))}`;
}

/* Goes to another page. */
export function go(parts) {
    history.pushState(null, "", address(parts));
    changed();
}

/* Goes to the form with a spec that nobody has posted. */
export function goForm(spec) {
    history.pushState(null, "", address({preset: ""}) + fragmentOf(spec));
    changed();
}

const fragmentOf = (spec) => `#spec=${encodeURIComponent(JSON.stringify(spec))}`;

/* Writes a change of the present page into the address, without a step in the history. */
export function note(change) {
    const view = {...read(), ...change};
    history.replaceState(null, "", address(view));
}

/* Keeps an edited spec in the fragment, which is never sent to the server. */
export function noteSpec(spec) {
    history.replaceState(null, "", location.search + fragmentOf(spec));
}

/* Calls back whenever the page changes: go, back, forward. */
export function onChange(listener) {
    listeners.push(listener);
}

function changed() {
    listeners.forEach((listener) => listener(read()));
}

addEventListener("popstate", changed);

/* A link within the page moves the focus and leaves the address alone, which holds the view. */
function jump(event, link) {
    event.preventDefault();
    const target = document.querySelector(link.hash);
    target?.focus({preventScroll: true});
    target?.scrollIntoView();
}

/* A link to another page of this page; a plain click does not load the page anew. */
export function follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey ||
        event.shiftKey || link.hasAttribute("download") || link.target ||
        link.origin !== location.origin || link.pathname !== location.pathname)
        return;
    if (link.getAttribute("href").startsWith("#")) {
        jump(event, link);
        return;
    }
    event.preventDefault();
    history.pushState(null, "", link.href);
    changed();
}
