// The server's addresses, and how to ask it. No other file of the page knows a URL.

const BASE = "/api/v1";

/* What the server answered when it did not do as asked: problem.detail is a sentence, and
 * problem.errors a list of {pointer, detail} when a spec has faults. */
export class Problem extends Error {
    constructor(status, body) {
        super(body?.detail || body?.title || `The server answered with status ${status}.`);
        this.status = status;
        this.errors = body?.errors ?? [];
    }
}

async function ask(path, method = "GET", body = undefined) {
    const options = {method, headers: {Accept: "application/json, application/problem+json"}};
    if (body instanceof Blob) {
        options.headers["Content-Type"] = "text/csv";
        options.body = body;
    } else if (body !== undefined) {
        options.headers["Content-Type"] = "application/json";
        options.body = JSON.stringify(body);
    }
    let reply;
    try {
        reply = await fetch(BASE + path, options);
    } catch {
        throw new Problem(0, {detail: "The server does not answer. Is it still running?"});
    }
    const answer = await reply.json().catch(() => null);
    if (!reply.ok || answer === null)
        throw new Problem(reply.status, answer);
    return answer;
}

const at = (id) => `/experiments/${encodeURIComponent(id)}`;

export const presets = () => ask("/presets");

/* The answer to the question that a preset leaves open: {answer: [sentence]}. */
export const answer = (name) => ask(`/presets/${encodeURIComponent(name)}/answer`);
export const labs = () => ask("/labs");
export const options = () => ask("/options");
export const experiments = (cursor = null) =>
    ask(`/experiments?limit=12${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
export const experiment = (id) => ask(at(id));
export const run = (id, n) => ask(`${at(id)}/runs/${n}`);

/* What the server has at a path below an experiment. */
export const part = (id, path) => ask(`${at(id)}/${path}`);

/* What a sweep shows; of two settings also how they compare. */
export const sweep = (id, compared) =>
    ask(`${at(id)}/sweep${compared ? `?compare=${compared.join(",")}` : ""}`);
export const cancel = (id) => ask(`${at(id)}/cancel`, "POST", {});

/* Posts a spec, or {preset: name}; gives the new experiment. */
export const start = (spec) => ask("/experiments", "POST", spec);

/* Checks a spec without starting it: {spec, runs}, or a Problem with its faults. */
export const check = (spec) => ask("/experiments?validate=true", "POST", spec);

/* Files of data: the newest first; sending one gives its {id, rows, columns}. */
export async function datasets() {
    const all = [];
    for (let next = ""; next !== null;) {
        const page = await ask(`/datasets?limit=200${next && `&cursor=${next}`}`);
        all.push(...page.datasets);
        ({next} = page);
    }
    return all;
}
export const upload = (file) => ask("/datasets", "POST", file);

/* Epochs from..to of all runs, at most `points` of each. */
export const epochs = (id, from, to, points) =>
    ask(`${at(id)}/epochs?from=${from}&to=${to}&points=${points}`);

/* Epochs from..to of one run, at most `points`. */
export const runEpochs = (id, run, from, to, points) =>
    ask(`${at(id)}/runs/${run}/epochs?from=${from}&to=${to}&points=${points}`);

/* Every loss of epochs from..to of a run, trained again where it is not kept. */
export const replay = (id, run, from, to) =>
    ask(`${at(id)}/runs/${run}/epochs?from=${from}&to=${to}`);

/* Looks inside a run; the server does one of these at a time, and says when it is busy. */
const inside = (id, run, what, query) => {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== "");
    return patiently(() => ask(`${at(id)}/runs/${run}/${what}?${new URLSearchParams(given)}`));
};
export const step = (id, run, query) => inside(id, run, "step", query);
export const checkStep = (id, run, query, numbers) => patiently(() =>
    ask(`${at(id)}/runs/${run}/step/check?${new URLSearchParams(query)}`, "POST", numbers));
export const surface = (id, run, query) => inside(id, run, "surface", query);
export const landscape = (id, run, query) => inside(id, run, "landscape", query);
export const hessian = (id, run, query) => inside(id, run, "hessian", query);
export const dataset = (id, run) => ask(`${at(id)}/dataset?run=${run}`);

/* Asks again while the server is busy with another's replay. */
async function patiently(act, tries = 8) {
    try {
        return await act();
    } catch (problem) {
        if (problem.status !== 503 || tries === 0)
            throw problem;
        await new Promise((done) => setTimeout(done, 400));
        return patiently(act, tries - 1);
    }
}

/* An event stream; lastEventId resumes after that event. */
export function events(id, lastEventId) {
    const resume = lastEventId ? `?last_event_id=${encodeURIComponent(lastEventId)}` : "";
    return new EventSource(`${BASE}${at(id)}/events${resume}`);
}

/* Files to download. */
export const lossesCsv = (id) => `${BASE}${at(id)}/epochs?format=csv`;
export const dataCsv = (id) => `${BASE}${at(id)}/dataset?format=csv`;
export const experimentJson = (id) => `${BASE}${at(id)}`;

/* Finds out whether a command needs the server's token; the page's cookie is its own. */
export async function findAccess() {
    access ??= fetch(`${BASE}/presets`, {method: "HEAD", credentials: "omit"})
        .then((reply) => reply.status === 401, () => false);
    needsToken = await access;
}

let access = null;
let needsToken = false;

/* The same as commands for a shell, once findAccess() has ended. */
export const curlStart = (body) =>
    `curl --json ${quoted(JSON.stringify(body))}${bearer()} \\\n` +
    `  ${location.origin}${BASE}/experiments`;
export const curlEvents = (id) => `curl -N${bearer()} ${location.origin}${BASE}${at(id)}/events`;

/* What a title of such a command adds. */
export const curlHint = () => needsToken ? " (with the server\u2019s token in DESCENT_TOKEN)" : "";

const bearer = () => needsToken ? ' \\\n  -H "Authorization: Bearer $DESCENT_TOKEN"' : "";

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
